using System.Globalization;

namespace Weir;

/// <summary>Reads times of people and clients: RFC 3339, with an offset from UTC.</summary>
public static class Timestamp
{
    /// <summary>An example for messages.</summary>
    public const string Example = "2030-01-31T12:00:00Z";

    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ss", Fraction = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF";

    /// <summary>Start of the fraction, and number of its digits kept: ticks of 100 ns.</summary>
    private const int FractionAt = 19, KeptDigits = 7;

    /// <summary>Reads RFC 3339 in any case; cuts fractions after seven digits. False without an offset.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        string kept = WithoutLostDigits(text.ToUpperInvariant());
        return DateTimeOffset.TryParseExact(kept, [Seconds + "'Z'", Fraction + "'Z'"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time)
            || (HasColonInOffset(kept) && DateTimeOffset.TryParseExact(kept, [Seconds + "zzz", Fraction + "zzz"], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time));
    }

    /// <summary>Returns the fault of an unreadable text, and the cure.</summary>
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
        // The framework accepts a point without digits, unlike RFC 3339.
        if (to == from)
            return "";
        return to - from > KeptDigits ? text.Remove(from + KeptDigits, to - from - KeptDigits) : text;
    }

    /// <summary>The framework also accepts an offset without a colon, unlike RFC 3339.</summary>
    private static bool HasColonInOffset(string text) => text is [.., ':', _, _];
}
