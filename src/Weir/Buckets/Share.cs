namespace Weir;

/// <summary>
/// The part of a bucket on which an instance decides that sees neither the others nor the store that they share: of N
/// instances, each has an N-th of the capacity, and of the refill. Its own bucket is the whole one, from which
/// each cost is taken N times.
/// </summary>
/// <remarks>
/// So a share begins where the whole bucket was known to stand, and all shares together stay within law L1. One whose
/// part of the capacity is less than a request of cost 1 still decides on one of those at a time, and makes up for it
/// before the next: N instances then hold one burst of N such requests.
/// </remarks>
/// <param name="Instances">Instances that share the bucket; below 2 all of it is this one's.</param>
internal readonly record struct Share(int Instances)
{
    public static readonly Share Whole = new(1);

    public bool IsWhole => Instances <= 1;

    /// <summary>What a cost takes of the whole bucket, as far as can be counted.</summary>
    public long CostOf(long cost) => IsWhole ? cost : (long)Int128.Clamp((Int128)cost * Instances, -Quota.ExactLimit, Quota.ExactLimit);

    /// <summary>
    /// As <see cref="Quota.Take"/>, on a share. What fits into the bucket, though not into the share, is refused: the
    /// whole will be there again.
    /// </summary>
    /// <param name="quota">The numbers.</param>
    /// <param name="state">The bucket.</param>
    /// <param name="time">The store's clock.</param>
    /// <param name="cost">Tokens that the request takes of the limit.</param>
    /// <param name="isLeast">Whether no request could cost less.</param>
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

    /// <summary>False if the share can never allow a cost that the whole bucket allows.</summary>
    /// <param name="quota">The numbers.</param>
    /// <param name="cost">Tokens that the request takes of the limit.</param>
    /// <param name="isLeast">Whether no request could cost less.</param>
    public bool Fits(Quota quota, long cost, bool isLeast) =>
        IsWhole || isLeast || cost > quota.Capacity || quota is ConcurrencyQuota || CostOf(cost) <= quota.Capacity;

    /// <summary>Whole tokens that are left of the share.</summary>
    public long TokensLeft(Quota quota, BucketState state, in StoreTime time) =>
        IsWhole ? quota.TokensLeft(state, time)
        : quota is ConcurrencyQuota ? Math.Max(0, (quota.Capacity / Instances) - state.Spent)
        : quota.TokensLeft(state, time) / Instances;

    /// <summary>
    /// Microseconds until a refused cost is allowed, if no other request takes. What does not fit into the share has to
    /// wait for the whole; when that is back is unknown, so it is told the time in which a bucket fills.
    /// </summary>
    public long RetryUs(Quota quota, BucketState state, in StoreTime time, long cost)
    {
        long us = quota.RetryUs(state, time, quota is ConcurrencyQuota ? cost : Math.Min(CostOf(cost), Math.Max(cost, quota.Capacity)));
        return us > 0 || IsWhole ? us : quota.Window.Ticks / TimeSpan.TicksPerMicrosecond;
    }
}
