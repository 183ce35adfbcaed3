using Weir.Server.Envoy;
using Unit = Weir.Server.Envoy.RateLimitResponse.Types.RateLimit.Types.Unit;

namespace Weir.Server;

/// <summary>Spells quotas as requests per unit, and units as seconds.</summary>
internal static class RateUnits
{
    private const long Minute = 60, Hour = 60 * Minute, Day = 24 * Hour;

    private static readonly (Unit Unit, long Seconds)[] Units =
    [
        (Unit.Second, 1), (Unit.Minute, Minute), (Unit.Hour, Hour), (Unit.Day, Day), (Unit.Week, 7 * Day),
        (Unit.Month, 30 * Day), (Unit.Year, 365 * Day),
    ];

    /// <summary>Returns the seconds of a unit; null for an unknown unit. A month has 30 days, a year 365.</summary>
    public static long? SecondsOf(RateLimitUnit unit)
    {
        foreach (var (known, seconds) in Units)
        {
            // The enumerations have the same numbers.
            if ((int)known == (int)unit)
                return seconds;
        }

        return null;
    }

    /// <summary>
    /// Returns the largest unit within the period in which the rate is a whole number; else the smallest longer one;
    /// else tokens per week or year, rounded down. A concurrency has no unit.
    /// </summary>
    public static (uint Requests, Unit Unit) Of(Quota quota) => quota switch
    {
        ConcurrencyQuota => (Bounded(quota.Capacity), Unit.Unknown),
        WindowQuota window => OfWindow(window),
        TokenQuota bucket => OfPeriod(bucket.Tokens, bucket.Period),
        _ => (Bounded(quota.Capacity), Unit.Unknown),
    };

    private static (uint Requests, Unit Unit) OfWindow(WindowQuota window)
    {
        var (unit, count) = (window.Period.Unit, window.Period.Count);
        return unit switch
        {
            WindowUnit.Year => (Bounded(window.Capacity), Unit.Year),
            WindowUnit.Quarter => OfMonths(window.Capacity, 3 * count),
            WindowUnit.Month => OfMonths(window.Capacity, count),
            _ => OfPeriod(window.Capacity, window.Window),
        };
    }

    private static (uint Requests, Unit Unit) OfMonths(long tokens, int months) => tokens % months == 0
        ? (Bounded(tokens / months), Unit.Month)
        : (Bounded(tokens * 12 / months), Unit.Year);

    private static (uint Requests, Unit Unit) OfPeriod(long tokens, TimeSpan period)
    {
        for (int i = Units.Length - 1; i >= 0; i--)
        {
            if (Units[i].Seconds * TimeSpan.TicksPerSecond <= period.Ticks && Exactly(tokens, period, Units[i].Seconds) is { } exact)
                return (exact, Units[i].Unit);
        }

        foreach (var (unit, seconds) in Units)
        {
            if (seconds * TimeSpan.TicksPerSecond > period.Ticks && Exactly(tokens, period, seconds) is { } exact)
                return (exact, unit);
        }

        var nearest = period > TimeSpan.FromDays(7) ? Units[^1] : Units[4];
        return (Bounded((Int128)tokens * nearest.Seconds * TimeSpan.TicksPerSecond / period.Ticks), nearest.Unit);
    }

    private static uint? Exactly(long tokens, TimeSpan period, long seconds)
    {
        var (whole, rest) = Int128.DivRem((Int128)tokens * seconds * TimeSpan.TicksPerSecond, period.Ticks);
        return rest == 0 ? Bounded(whole) : null;
    }

    private static uint Bounded(Int128 tokens) => (uint)Int128.Min(tokens, uint.MaxValue);
}
