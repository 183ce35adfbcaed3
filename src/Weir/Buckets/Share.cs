namespace Weir;

// Outage share: an N-th of a bucket's capacity and refill, for one of N instances. Each cost counts N times, so all
// shares stay within law L1. A share too small for the least cost admits one request, and charges its excess as debt.
internal readonly record struct Share(int Instances)
{
    public static readonly Share Whole = new(1);

    public bool IsWhole => Instances <= 1;

    /// <summary>Returns N times the cost, to charge to the whole bucket, within
    /// <see cref="Quota.ExactLimit"/>.</summary>
    public long CostOf(long cost) => IsWhole ? cost : (long)Int128.Clamp((Int128)cost * Instances, -Quota.ExactLimit, Quota.ExactLimit);

    // Takes a cost. Refuses a cost that only the whole bucket can allow, unless no request costs less (isLeast) or no
    // permit is held.
    public BucketOutcome Take(Quota quota, ref BucketState state, in StoreTime time, long cost, bool isLeast)
    {
        long whole = CostOf(cost);
        if (IsWhole || cost > quota.Capacity)
            return quota.Take(ref state, time, cost);
        if (quota is ConcurrencyQuota)
            return state.Spent > 0 && CostOf(state.Spent + cost) > quota.Capacity ? BucketOutcome.Refused : quota.Take(ref state, time, cost);
        if (whole <= quota.Capacity)
            return quota.Take(ref state, time, whole);
        var before = state;
        var outcome = quota.Take(ref state, time, quota.Capacity);
        if (outcome == BucketOutcome.Allowed && !isLeast)
        {
            state = before;
            return BucketOutcome.Refused;
        }

        if (outcome == BucketOutcome.Allowed)
            quota.Charge(ref state, time, whole - quota.Capacity);
        return outcome;
    }

    /// <summary>Returns false if the outage share can never allow a cost that the whole bucket allows.</summary>
    public bool Fits(Quota quota, long cost, bool isLeast) =>
        IsWhole || isLeast || cost > quota.Capacity || quota is ConcurrencyQuota || CostOf(cost) <= quota.Capacity;

    public long TokensLeft(Quota quota, BucketState state, in StoreTime time) =>
        IsWhole ? quota.TokensLeft(state, time)
        : quota is ConcurrencyQuota ? Math.Max(0, (quota.Capacity / Instances) - state.Spent)
        : quota.TokensLeft(state, time) / Instances;

    /// <summary>Returns the microseconds until a retry; the fill time if only the outage share has no room.</summary>
    public long RetryUs(Quota quota, BucketState state, in StoreTime time, long cost)
    {
        long us = quota.RetryUs(state, time, quota is ConcurrencyQuota ? cost : Math.Min(CostOf(cost), Math.Max(cost, quota.Capacity)));
        return us > 0 || IsWhole ? us : quota.Window.Ticks / TimeSpan.TicksPerMicrosecond;
    }
}
