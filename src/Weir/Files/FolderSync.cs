using System.Runtime.InteropServices;

namespace Weir;

/// <summary>Flushes a folder to disk (not on Windows), so that a rename survives a power failure.</summary>
internal static partial class FolderSync
{
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Open(folder, 0);
        if (descriptor < 0)
            throw new IOException($"{folder}: the folder cannot be flushed to disk: {Marshal.GetLastPInvokeErrorMessage()}");
        int failed = Sync(descriptor);
        _ = Close(descriptor);
        if (failed != 0)
            throw new IOException($"{folder}: the folder cannot be flushed to disk");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
