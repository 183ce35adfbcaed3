using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>
/// The numbers of a token bucket: so many tokens per period, and how many it holds when full.
/// </summary>
/// <remarks>
/// <para>
/// Arithmetic is in whole <em>units</em>, so that nothing drifts and Lua, whose numbers are doubles, agrees to the unit.
/// With <c>g = gcd(tokens, period)</c> one token is <c>period / g</c> units and a bucket refills
/// <c>tokens / g</c> units a tick. A tick is a microsecond where a full bucket then fits in 2^53 units, else a
/// millisecond, else a second; where even that does not fit the quota is refused.
/// </para>
/// <para>Quotas are immutable and compare by value.</para>
/// </remarks>
public sealed record Quota
{
    /// <summary>The first number that a double cannot count to: every amount of units stays below it.</summary>
    internal const long ExactLimit = 1L << 53;

    /// <summary>The longest period a quota may have: 366 days.</summary>
    public static readonly TimeSpan MaxPeriod = TimeSpan.FromDays(366);

    /// <summary>The longest time in which an empty bucket may fill: 100 years.</summary>
    public static readonly TimeSpan MaxFillTime = TimeSpan.FromDays(36_525);

    private static readonly long[] TicksUs = [1, 1_000, 1_000_000];

    private Quota(long tokens, TimeSpan period, long capacity, RefillRate rate)
    {
        Tokens = tokens;
        Period = period;
        Capacity = capacity;
        Rate = rate;
        CapacityUnits = capacity * rate.UnitsPerToken;
    }

    /// <summary>Tokens that come back in each <see cref="Period"/>; at least 1.</summary>
    public long Tokens { get; }

    /// <summary>The time in which <see cref="Tokens"/> come back; from one microsecond to <see cref="MaxPeriod"/>.</summary>
    public TimeSpan Period { get; }

    /// <summary>Tokens in a full bucket, the largest burst; at least 1.</summary>
    public long Capacity { get; }

    /// <summary>How time drains a bucket of this quota.</summary>
    internal RefillRate Rate { get; }

    /// <summary>The units of a full bucket; below <see cref="ExactLimit"/>.</summary>
    internal long CapacityUnits { get; }

    /// <summary>What <paramref name="cost"/> tokens are in units.</summary>
    internal long UnitsOf(long cost) => cost * Rate.UnitsPerToken;

    /// <summary>Makes a quota, or says why these numbers make none.</summary>
    /// <param name="tokens">Tokens per period; at least 1.</param>
    /// <param name="period">The period, in whole microseconds, up to <see cref="MaxPeriod"/>.</param>
    /// <param name="capacity">Tokens in a full bucket; at least 1.</param>
    /// <param name="quota">The quota, when true is returned.</param>
    /// <param name="error">What is wrong and what would do, when false is returned.</param>
    public static bool TryCreate(
        long tokens, TimeSpan period, long capacity, [NotNullWhen(true)] out Quota? quota, [NotNullWhen(false)] out string? error)
    {
        quota = null;
        error = Complaint(tokens, period, capacity);
        if (error is not null)
            return false;

        long periodUs = period.Ticks / TimeSpan.TicksPerMicrosecond;
        foreach (long tickUs in TicksUs)
        {
            if (periodUs % tickUs != 0)
                break;
            long ticks = periodUs / tickUs;
            long divisor = GreatestCommonDivisor(tokens, ticks);
            if ((Int128)capacity * (ticks / divisor) >= ExactLimit || tokens / divisor >= ExactLimit)
                continue;
            if ((Int128)capacity * period.Ticks / tokens > MaxFillTime.Ticks)
                error = $"a burst of {capacity} at {tokens} tokens per {period} takes more than 100 years to fill; lower the burst or raise the rate";
            else if (RefillRate.TryGet(tickUs, ticks / divisor, tokens / divisor, out var rate))
                quota = new Quota(tokens, period, capacity, rate);
            else
                error = $"this process has already seen {RefillRate.MaxCount} distinct rates; restart it";
            return quota is not null;
        }

        error = $"a burst of {capacity} at {tokens} tokens per {period} is too large to count exactly; lower the burst or the period";
        return false;
    }

    /// <summary>As <see cref="TryCreate"/>, for numbers known to be right.</summary>
    /// <exception cref="ArgumentException">The numbers make no quota.</exception>
    public static Quota Create(long tokens, TimeSpan period, long capacity) =>
        TryCreate(tokens, period, capacity, out var quota, out string? error) ? quota : throw new ArgumentException(error);

    private static string? Complaint(long tokens, TimeSpan period, long capacity)
    {
        if (tokens < 1)
            return $"a rate needs at least 1 token per period; it was {tokens}";
        if (period <= TimeSpan.Zero || period > MaxPeriod || period.Ticks % TimeSpan.TicksPerMicrosecond != 0)
            return $"a period is from one microsecond to {MaxPeriod.TotalDays:0} days, in whole microseconds; it was {period}";
        return capacity < 1 ? $"a burst is at least 1 token; it was {capacity}" : null;
    }

    private static long GreatestCommonDivisor(long a, long b)
    {
        while (b != 0)
            (a, b) = (b, a % b);
        return a;
    }
}
