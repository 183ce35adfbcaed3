using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>A rate in tokens per period, such as 5/s or 20/10s. 0.5/s becomes 1/2s. 0 tokens are a ban.</summary>
internal readonly record struct Rate(long Tokens, TimeSpan Period)
{
    public const string Units = "ms, s, sec, second, m, min, minute, h, hour, d, day";

    private const long MaxTokens = Quota.ExactLimit - 1;

    public static bool TryParse(string text, out Rate rate, [NotNullWhen(false)] out string? error)
    {
        rate = default;
        int slash = text.IndexOf('/');
        var period = text.AsSpan(slash + 1);
        int digits = period.IndexOfAnyExceptInRange('0', '9');
        bool isFraction = slash > 0 && FractionalRate.IsOne(text.AsSpan(0, slash)) && !period.Contains('.');
        if (isFraction && FractionalRate.InWholeNumbers(text) is { } same)
            return TryParse(same, out rate, out error);
        if (slash < 1 || digits < 0 || !WholeNumber.IsOne(text.AsSpan(0, slash)))
            error = $"{Spelling.Quote(text)} is not a rate; {Cure(text)}";
        else if (UnitOf(period[digits..]) is { } unit)
            error = Complaint(text, text.AsSpan(0, slash), period[..digits], unit, out rate);
        else if (FractionalRate.InWholeNumbers(text) is { } whole)
            error = $"{Spelling.Quote(text)} has a fraction in its period; write {whole}";
        else
            error = $"{Spelling.Quote(text)} has no unit that is known; use one of {Units}, as in 20/10s";
        return error is null;
    }

    private static string Cure(string text) => FractionalRate.InWholeNumbers(text) is { } whole
        ? $"write {whole}"
        : "write tokens per period, such as 5/s, 100/m or 20/10s";

    private static string? Complaint(
        string text, ReadOnlySpan<char> tokens, ReadOnlySpan<char> count, TimeSpan unit, out Rate rate)
    {
        rate = default;
        if (!WholeNumber.TryParse(tokens, MaxTokens, out long tokenCount))
            return $"{Spelling.Quote(text)} is out of range; the tokens of a rate are from 0 (a ban) to {MaxTokens}";
        long periods = 1;
        if (!count.IsEmpty && !WholeNumber.TryParse(count, TokenQuota.MaxPeriod.Ticks / unit.Ticks, out periods) || periods == 0)
            return $"{Spelling.Quote(text)} is out of range; the period of a rate is from 1ms to {TokenQuota.MaxPeriod.TotalDays:0}d";
        rate = new Rate(tokenCount, unit * periods);
        return null;
    }

    public static bool TryParsePeriod(string text, out TimeSpan period, out string? error)
    {
        int digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        var unit = digits < 1 ? null : UnitOf(text.AsSpan(digits));
        bool isPeriod = WholeNumber.TryParse(text.AsSpan(0, Math.Max(0, digits)), TokenQuota.MaxPeriod.Ticks / (unit?.Ticks ?? 1), out long count) && unit is not null;
        period = isPeriod ? unit!.Value * count : default;
        error = isPeriod ? null : $"{Spelling.Quote(text)} is not a time; write a whole number and one of {Units}, such as 60s or 5m";
        return isPeriod;
    }

    public static TimeSpan? UnitOf(ReadOnlySpan<char> unit) => unit switch
    {
        "ms" => TimeSpan.FromMilliseconds(1),
        "s" or "sec" or "second" => TimeSpan.FromSeconds(1),
        "m" or "min" or "minute" => TimeSpan.FromMinutes(1),
        "h" or "hour" => TimeSpan.FromHours(1),
        "d" or "day" => TimeSpan.FromDays(1),
        _ => null,
    };
}
