using System.Runtime.InteropServices;

namespace Weir;

/// <summary>Tells regular files from folders, links, devices, pipes and sockets, without opening them.</summary>
internal static unsafe partial class FileKind
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint TypeOnly = 1;
    private const int RegularFile = 8;

    /// <summary>The size of <c>struct statx</c>, and where its mode is; its highest four bits are the kind.</summary>
    private const int StatSize = 256, ModeOffset = 28, KindShift = 12;

    /// <summary>
    /// What is wrong with a file that is to be written, and with those beside it; null if nothing is.
    /// </summary>
    /// <param name="path">The file, without symbolic links.</param>
    /// <param name="companions">The endings of the files that are written beside it.</param>
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
            // A C library from before 2018.
            return !Directory.Exists(path);
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, byte* stat);
}
