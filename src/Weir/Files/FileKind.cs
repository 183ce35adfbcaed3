using System.Runtime.InteropServices;

namespace Weir;

/// <summary>Distinguishes regular files from folders, links, devices, pipes and sockets without opening them.</summary>
internal static unsafe partial class FileKind
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint TypeOnly = 1;
    private const int RegularFile = 8;

    // Size of Linux's struct statx in bytes, offset of its mode, and shift to the file type in the mode.
    private const int StatSize = 256, ModeOffset = 28, KindShift = 12;

    // Returns an error if a file or companion (path plus ending) exists and is not a regular file; otherwise null.
    public static string? FaultOf(string path, params ReadOnlySpan<string> companions)
    {
        if (Directory.Exists(path))
            return "is a folder; name a file in it";
        if (!IsRegularOrAbsent(path))
            return "is not a regular file; name one that is, or one that is to be made";
        foreach (string ending in companions)
        {
            if (!IsRegularOrAbsent(path + ending))
                return $"has a companion, of the ending {ending}, that is not a regular file; remove the companion, or name another file";
        }

        return null;
    }

    private static bool IsRegularOrAbsent(string path)
    {
        if (!OperatingSystem.IsLinux())
            return !Directory.Exists(path);
        byte* stat = stackalloc byte[StatSize];
        try
        {
            return StatX(CurrentFolder, path, NoFollow, TypeOnly, stat) != 0
                || *(ushort*)(stat + ModeOffset) >> KindShift == RegularFile;
        }
        catch (EntryPointNotFoundException)
        {
            // C libraries before 2018 lack statx, so only folders are detected.
            return !Directory.Exists(path);
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, byte* stat);
}
