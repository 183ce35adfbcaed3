using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>Quota of a token bucket: tokens per period, and the capacity, which is the largest burst.</summary>
// One token is ticks / g units and one tick refills tokens / g, with the ticks per period and g = gcd(tokens, ticks).
// A tick is the shortest of 1 µs, 1 ms and 1 s that divides the period and keeps a full bucket below 2^53 units.
public sealed record TokenQuota : Quota
{
    /// <summary>Maximum period: 366 days.</summary>
    public static readonly TimeSpan MaxPeriod = TimeSpan.FromDays(366);

    /// <summary>Maximum time to fill an empty bucket: 100 years.</summary>
    public static readonly TimeSpan MaxFillTime = TimeSpan.FromDays(36_525);

    private static readonly long[] TicksUs = [1, 1_000, 1_000_000];

    private TokenQuota(long tokens, TimeSpan period, long capacity, RefillRate rate)
        : base(capacity, rate)
    {
        Tokens = tokens;
        Period = period;
        CapacityUnits = capacity * rate.UnitsPerToken;
    }

    /// <summary>A ban: the quota of a bucket that never holds a token.</summary>
    public static readonly TokenQuota None = new(0, TimeSpan.FromSeconds(1), 0, RefillRate.Get(1, 1, 1));

    /// <summary>Tokens that refill per <see cref="Period"/>; 0 for <see cref="None"/>, else at least 1.</summary>
    public long Tokens { get; }

    /// <summary>Time in which <see cref="Tokens"/> refill; 1 µs to <see cref="MaxPeriod"/>, in whole µs.</summary>
    public TimeSpan Period { get; }

    /// <inheritdoc/>
    public override TimeSpan Window => Tokens == 0 ? Period : TimeSpan.FromTicks((long)((((Int128)Capacity * Period.Ticks) + Tokens - 1) / Tokens));

    internal long CapacityUnits { get; }

    internal long UnitsOf(long cost) => cost * Rate.UnitsPerToken;

    internal override BucketOutcome Take(ref BucketState state, in StoreTime time, long cost) => TokenBucket.Take(this, ref state, time.NowUs, cost);

    internal override void Charge(ref BucketState state, in StoreTime time, long cost) => TokenBucket.Charge(this, ref state, time.NowUs, cost);

    internal override long TokensLeft(BucketState state, in StoreTime time) =>
        Math.Max(0, (CapacityUnits - TokenBucket.SpentAt(Rate, state, time.NowUs)) / Rate.UnitsPerToken);

    internal override long RetryUs(BucketState state, in StoreTime time, long cost) =>
        TokenBucket.MicrosecondsUntil(Rate, state, time.NowUs, CapacityUnits - UnitsOf(cost));

    internal override long ResetUs(BucketState state, in StoreTime time) => TokenBucket.MicrosecondsUntil(Rate, state, time.NowUs, 0);

    internal override BucketState Adopt(BucketState state, RefillRate writtenWith, in StoreTime time) => writtenWith.IsWindow
        ? new BucketState(TokenBucket.Rescale(state.Spent, 1, Rate.UnitsPerToken), time.NowUs)
        : state with { Spent = TokenBucket.Rescale(state.Spent, writtenWith.UnitsPerToken, Rate.UnitsPerToken) };

    /// <summary>Creates a quota of at least 1 token per period of 1 µs to <see cref="MaxPeriod"/>, and a capacity of at
    /// least 1. Returns false with an error that names the cure.</summary>
    public static bool TryCreate(
        long tokens, TimeSpan period, long capacity, [NotNullWhen(true)] out TokenQuota? quota, [NotNullWhen(false)] out string? error)
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
                quota = new TokenQuota(tokens, period, capacity, rate);
            else
                error = $"this process has already decided by {RefillRate.RefusedFrom} distinct rates; restart it";
            return quota is not null;
        }

        error = $"a burst of {capacity} at {tokens} tokens per {period} is too large to count exactly; lower the burst or the period";
        return false;
    }

    /// <summary>Creates a quota from numbers that are known to be valid.</summary>
    /// <exception cref="ArgumentException">The numbers are invalid; the message names the cure.</exception>
    public static TokenQuota Create(long tokens, TimeSpan period, long capacity) =>
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
