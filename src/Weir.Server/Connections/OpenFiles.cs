using System.Globalization;

namespace Weir.Server;

/// <summary>How many file descriptors this process may have, and how many of them connections may use.</summary>
internal static class OpenFiles
{
    /// <summary>
    /// Descriptors kept free for Redis, files, logs and assemblies that are loaded later; a sixteenth of all is added.
    /// </summary>
    private const int Reserve = 128;

    private const string Limits = "/proc/self/limits", Open = "/proc/self/fd", LimitLine = "Max open files";

    /// <summary>
    /// Connections that fit below the descriptor limit; at least 1. Null if the system has no limit to read.
    /// </summary>
    public static int? RoomForConnections() => File.Exists(Limits) && LimitIn(File.ReadLines(Limits)) is { } limit
        ? RoomIn(limit, Directory.EnumerateFileSystemEntries(Open).Count())
        : null;

    /// <summary>
    /// Connections that fit below <paramref name="limit"/> while <paramref name="open"/> descriptors are in use.
    /// </summary>
    internal static int RoomIn(long limit, int open) => (int)Math.Clamp(limit - (limit / 16) - open - Reserve, 1, int.MaxValue);

    /// <summary>The soft limit; null if it is unlimited or not listed.</summary>
    internal static long? LimitIn(IEnumerable<string> limits)
    {
        string? line = limits.FirstOrDefault(line => line.StartsWith(LimitLine, StringComparison.Ordinal));
        string? soft = line?[LimitLine.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? limit : null;
    }
}
