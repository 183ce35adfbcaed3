using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>A burst: tokens, or an exact multiple of the rate's tokens in millionths (1.5x: 1,500,000).</summary>
internal readonly record struct Burst(long Tokens, long Millionths)
{
    /// <summary>Default of a rate: twice the rate's tokens.</summary>
    public static readonly Burst Default = new(0, 2 * One);

    private const long One = 1_000_000;
    private const int Decimals = 6;

    /// <summary>Maximum multiple. Its product with the tokens of any rate fits in 64 bits.</summary>
    private const long MaxMultiple = 1000;

    private const long MaxTokens = Quota.ExactLimit - 1;

    /// <summary>Returns the bucket's capacity. Rounds a multiple down to whole tokens, at least one.</summary>
    public long CapacityFor(in Rate rate) =>
        Millionths == 0 ? Tokens : (long)Int128.Max(1, (Int128)rate.Tokens * Millionths / One);

    public static bool TryParse(string text, out Burst burst, [NotNullWhen(false)] out string? error)
    {
        burst = default;
        error = null;
        if (WholeNumber.IsOne(text))
        {
            if (WholeNumber.TryParse(text, MaxTokens, out long tokens) && tokens > 0)
                burst = new Burst(tokens, 0);
            else
                error = $"{Spelling.Quote(text)} is out of range; a burst is from 1 to {MaxTokens} tokens";
        }
        else if (!IsMultiple(text, out var whole, out var fraction))
        {
            error = $"{Spelling.Quote(text)} is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens";
        }
        else if (InMillionths(whole, fraction) is > 0 and <= MaxMultiple * One and var millionths)
        {
            burst = new Burst(0, millionths);
        }
        else
        {
            error = $"{Spelling.Quote(text)} is out of range; a multiple is above 0x and at most {MaxMultiple}x, with at most {Decimals} decimals";
        }

        return error is null;
    }

    private static bool IsMultiple(ReadOnlySpan<char> text, out ReadOnlySpan<char> whole, out ReadOnlySpan<char> fraction)
    {
        whole = text.TrimEnd('x');
        fraction = "0";
        bool ends = whole.Length == text.Length - 1;
        int point = whole.IndexOf('.');
        if (point >= 0)
        {
            fraction = whole[(point + 1)..];
            whole = whole[..point];
        }

        return ends && WholeNumber.IsOne(whole) && WholeNumber.IsOne(fraction);
    }

    /// <summary>Returns the multiple in millionths; -1 if it is too large or has too many decimals.</summary>
    private static long InMillionths(ReadOnlySpan<char> whole, ReadOnlySpan<char> fraction)
    {
        if (!WholeNumber.TryParse(whole, MaxMultiple, out long ones) || fraction.Length > Decimals)
            return -1;
        WholeNumber.TryParse(fraction, One, out long parts);
        for (int digits = fraction.Length; digits < Decimals; digits++)
            parts *= 10;
        return (ones * One) + parts;
    }
}
