using System.Globalization;

namespace Weir;

/// <summary>The one place that reads times written by people and clients: RFC 3339, with an offset from UTC.</summary>
public static class Timestamp
{
    /// <summary>An example for messages.</summary>
    public const string Example = "2030-01-31T12:00:00Z";

    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ss", Fraction = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF";

    /// <summary>Where the fraction of a second begins, and how many of its digits are kept: ticks of 100 ns.</summary>
    private const int FractionAt = 19, KeptDigits = 7;

    /// <summary>
    /// Reads a time such as <c>2030-01-31T12:00:00Z</c> or <c>2030-01-31T13:00:00.5+01:00</c>, with <c>T</c> and
    /// <c>Z</c> in either case. Digits of the fraction beyond the seventh are cut off. False for anything else, also
    /// for a time without an offset.
    /// </summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        string kept = WithoutLostDigits(text.ToUpperInvariant());
        return DateTimeOffset.TryParseExact(kept, [Seconds + "'Z'", Fraction + "'Z'"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time)
            || (HasColonInOffset(kept) && DateTimeOffset.TryParseExact(kept, [Seconds + "zzz", Fraction + "zzz"], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out time));
    }

    /// <summary>Says what a text that is no time lacks, and the cure.</summary>
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
        // The framework takes a point without digits, which RFC 3339 does not.
        if (to == from)
            return "";
        return to - from > KeptDigits ? text.Remove(from + KeptDigits, to - from - KeptDigits) : text;
    }

    /// <summary>The framework also takes an offset without a colon, which RFC 3339 does not.</summary>
    private static bool HasColonInOffset(string text) => text is [.., ':', _, _];
}
