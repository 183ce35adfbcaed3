using System.Globalization;

namespace Weir;

/// <summary>Parses RFC 3339 timestamps with an offset from UTC.</summary>
public static class Timestamp
{
    /// <summary>A valid timestamp, as an example for error messages.</summary>
    public const string Example = "2030-01-31T12:00:00Z";

    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ss", Fraction = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF";

    /// <summary>Index of the decimal point, and number of fraction digits kept (ticks of 100 ns).</summary>
    private const int FractionAt = 19, KeptDigits = 7;

    /// <summary>Parses a timestamp in any letter case, and drops digits below 100 ns. False if invalid.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        string kept = WithoutLostDigits(text.ToUpperInvariant());
        return DateTimeOffset.TryParseExact(kept, [Seconds + "'Z'", Fraction + "'Z'"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time)
            || (HasColonInOffset(kept) && DateTimeOffset.TryParseExact(kept, [Seconds + "zzz", Fraction + "zzz"], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time));
    }

    /// <summary>Returns the error in a text that <see cref="TryParse"/> rejects, and the cure.</summary>
    public static string FaultOf(string text) => LacksSeconds(text)
        ? $"is a time without seconds; write it as {Example}"
        : $"is not a time with an offset from UTC; write it as {Example}";

    private static bool LacksSeconds(string text) =>
        text.Length >= FractionAt - 3 && TryParse(text.Insert(FractionAt - 3, ":00"), out _);

    private static string WithoutLostDigits(string text)
    {
        if (text.Length <= FractionAt || text[FractionAt] != '.')
            return text;
        int from = FractionAt + 1, to = from;
        while (to < text.Length && char.IsAsciiDigit(text[to]))
            to++;
        // Reject a point without digits: RFC 3339 forbids it, but the framework accepts it.
        if (to == from)
            return "";
        return to - from > KeptDigits ? text.Remove(from + KeptDigits, to - from - KeptDigits) : text;
    }

    // True if the offset has a colon, as RFC 3339 requires. The framework also accepts an offset without a colon.
    private static bool HasColonInOffset(string text) => text is [.., ':', _, _];
}
