using System.Buffers;
using System.Globalization;

namespace Weir;

/// <summary>Converts rates with fractions to equal rates in whole numbers.</summary>
internal static class FractionalRate
{
    private static readonly SearchValues<char> Number = SearchValues.Create("0123456789.");

    private const int MaxDecimals = 3;

    public static bool IsOne(ReadOnlySpan<char> tokens)
    {
        int point = tokens.IndexOf('.');
        return point > 0 && tokens.Length - point - 1 <= MaxDecimals
            && WholeNumber.IsOne(tokens[..point]) && WholeNumber.IsOne(tokens[(point + 1)..]);
    }

    /// <summary>Returns a fractional rate in whole numbers, such as 1/2s for 0.5/s; null if there is none.</summary>
    public static string? InWholeNumbers(string text)
    {
        string[] parts = text.Split('/');
        if (!text.Contains('.') || parts is not [var tokens, var period] || !TryParseDecimal(tokens, out decimal count) || count <= 0)
            return null;
        int digits = period.AsSpan().IndexOfAnyExcept(Number);
        decimal periods = 1;
        if (digits < 0 || Rate.UnitOf(period.AsSpan(digits)) is not { } unit || (digits > 0 && !TryParseDecimal(period[..digits], out periods)))
            return null;
        decimal scale = 1;
        while (count * scale % 1 != 0)
            scale++;
        decimal milliseconds = (decimal)unit.TotalMilliseconds * periods * scale;
        return milliseconds < 1 || milliseconds % 1 != 0 || milliseconds > (decimal)TokenQuota.MaxPeriod.TotalMilliseconds
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{count * scale:0}/{PeriodOf((long)milliseconds)}");
    }

    // Parses a number with at most three decimals, so that the search for a scale ends soon.
    private static bool TryParseDecimal(string text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && number < 1_000_000 && number * 1_000 % 1 == 0;

    private static string PeriodOf(long milliseconds)
    {
        (string Name, long Milliseconds)[] units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
        var (name, length) = units.First(unit => milliseconds % unit.Milliseconds == 0);
        return milliseconds == length ? name : string.Create(CultureInfo.InvariantCulture, $"{milliseconds / length}{name}");
    }
}
