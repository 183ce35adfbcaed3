namespace Weir;

// Outage share of one of N instances: 1/N of capacity and refill. Each cost counts N times. Together they stay within
// law L1. One too small for cost 1 admits one such request and makes up for it later.
internal readonly record struct Share(int Instances)
{
    public static readonly Share Whole = new(1);

    public bool IsWhole => Instances <= 1;

    /// <summary>Cost to the whole bucket, bounded by <see cref="Quota.ExactLimit"/>.</summary>
    public long CostOf(long cost) => IsWhole ? cost : (long)Int128.Clamp((Int128)cost * Instances, -Quota.ExactLimit, Quota.ExactLimit);

    // Refuses a cost that fits the bucket but not the outage share. isLeast: no request could cost less.
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

    /// <summary>False if the outage share can never allow a cost that the whole bucket allows.</summary>
    public bool Fits(Quota quota, long cost, bool isLeast) =>
        IsWhole || isLeast || cost > quota.Capacity || quota is ConcurrencyQuota || CostOf(cost) <= quota.Capacity;

    public long TokensLeft(Quota quota, BucketState state, in StoreTime time) =>
        IsWhole ? quota.TokensLeft(state, time)
        : quota is ConcurrencyQuota ? Math.Max(0, (quota.Capacity / Instances) - state.Spent)
        : quota.TokensLeft(state, time) / Instances;

    /// <summary>Microseconds until a retry; the fill time if the cost exceeds the outage share.</summary>
    public long RetryUs(Quota quota, BucketState state, in StoreTime time, long cost)
    {
        long us = quota.RetryUs(state, time, quota is ConcurrencyQuota ? cost : Math.Min(CostOf(cost), Math.Max(cost, quota.Capacity)));
        return us > 0 || IsWhole ? us : quota.Window.Ticks / TimeSpan.TicksPerMicrosecond;
    }
}
