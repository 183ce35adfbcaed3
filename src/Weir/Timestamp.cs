using System.Globalization;

namespace Weir;

/// <summary>The one place that reads times written by people and clients: RFC 3339, with an offset from UTC.</summary>
public static class Timestamp
{
    /// <summary>An example for messages.</summary>
    public const string Example = "2030-01-31T12:00:00Z";

    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ss", Fraction = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF";

    /// <summary>Reads a time such as <c>2030-01-31T12:00:00Z</c> or <c>2030-01-31T13:00:00.5+01:00</c>. False for anything else, also for a time without an offset.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, [Seconds + "'Z'", Fraction + "'Z'"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time)
        || (HasColonInOffset(text) && DateTimeOffset.TryParseExact(text, [Seconds + "zzz", Fraction + "zzz"], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time));

    /// <summary>The framework also takes an offset without a colon, which RFC 3339 does not.</summary>
    private static bool HasColonInOffset(string text) => text is [.., ':', _, _];
}
