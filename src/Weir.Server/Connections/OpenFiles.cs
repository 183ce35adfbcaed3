using System.Globalization;

namespace Weir.Server;

internal static class OpenFiles
{
    /// <summary>Descriptors reserved for Redis, files, logs and assemblies, in addition to 1/16 of all.</summary>
    private const int Reserve = 128;

    private const string Limits = "/proc/self/limits", Open = "/proc/self/fd", LimitLine = "Max open files";

    /// <summary>Returns the number of connections that fit the descriptor limit, at least 1; null if unknown.</summary>
    public static int? RoomForConnections() => File.Exists(Limits) && LimitIn(File.ReadLines(Limits)) is { } limit
        ? RoomIn(limit, Directory.EnumerateFileSystemEntries(Open).Count())
        : null;

    internal static int RoomIn(long limit, int open) => (int)Math.Clamp(limit - (limit / 16) - open - Reserve, 1, int.MaxValue);

    internal static long? LimitIn(IEnumerable<string> limits)
    {
        string? line = limits.FirstOrDefault(line => line.StartsWith(LimitLine, StringComparison.Ordinal));
        string? soft = line?[LimitLine.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? limit : null;
    }
}
