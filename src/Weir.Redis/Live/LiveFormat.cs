using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace Weir.Redis;

/// <summary>The format of live data in Redis, which <c>live.lua</c> shares. Other formats are unreadable.</summary>
internal static class LiveFormat
{
    /// <summary>Name of the field of the state with the token of the last restoration.</summary>
    public const string Life = "life";

    public static bool IsMeta(string name) => name is "history" or "version" or "count" or Life;

    public static string NameOf(string kind, string id) => $"{kind}/{id}";

    public static string ValueOf(LiveEntry entry) =>
        $"{entry.Version.ToString(CultureInfo.InvariantCulture)} {entry.Value}";

    public static bool TryReadEntry(string name, string value, [NotNullWhen(true)] out LiveEntry? entry)
    {
        entry = null;
        int space = value.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0 && TrySplit(name, '/', out string kind, out string id) && TryReadNumber(value.AsSpan(0, space), out long version))
            entry = new LiveEntry(kind, id, version, value[(space + 1)..]);
        return entry is not null;
    }

    /// <summary>Reads a change: the entry's name, a line feed, then + and the value, or - for a deletion.</summary>
    public static LiveEntry? ReadText(long version, string text) =>
        TrySplit(text, '\n', out string name, out string value) && value.Length > 0 && TrySplit(name, '/', out string kind, out string id)
            ? new LiveEntry(kind, id, version, value[0] == '-' ? null : value[1..])
            : null;

    public static LiveChange? ReadChange(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var change = document.RootElement;
            return TrySplit(change.GetProperty("n").GetString() ?? "", '/', out string kind, out string id)
                ? new LiveChange(
                    change.GetProperty("v").GetInt64(), kind, id, change.GetProperty("b").GetInt64(), change.GetProperty("d").GetBoolean(),
                    change.GetProperty("w").GetString() ?? "", DateTimeOffset.FromUnixTimeMilliseconds((long)change.GetProperty("t").GetDouble()))
                : null;
        }
        catch (Exception other) when (other is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static bool TrySplit(string text, char at, out string left, out string right)
    {
        int index = text.IndexOf(at, StringComparison.Ordinal);
        (left, right) = index < 0 ? ("", "") : (text[..index], text[(index + 1)..]);
        return index > 0;
    }

    private static bool TryReadNumber(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
