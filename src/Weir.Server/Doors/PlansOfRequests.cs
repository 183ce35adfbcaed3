namespace Weir.Server;

/// <summary>
/// Creates plans for limits that come with a request: a bucket of <c>max_burst + 1</c> tokens per key that refills
/// <c>count</c> tokens in <c>period</c> seconds. Plans with different numbers share a name, so a key keeps its bucket.
/// </summary>
/// <remarks>Safe for concurrent use: each slot references an immutable entry.</remarks>
internal sealed class PlansOfRequests(string name, NewRates newRates, OnOutage onOutage = OnOutage.Local)
{
    private readonly Entry?[] _entries = new Entry?[RespBounds.MaxPlans];

    private sealed record Entry(long MaxBurst, long Count, long Period, Plan Plan)
    {
        public bool IsOf(long maxBurst, long count, long period) =>
            MaxBurst == maxBurst && Count == count && Period == period;
    }

    /// <summary>Returns the plan for the numbers, or null and an error.</summary>
    public Plan? Of(string tenant, long maxBurst, long count, long period, out string? error)
    {
        ref var slot = ref _entries[(uint)HashCode.Combine(maxBurst, count, period) % RespBounds.MaxPlans];
        error = null;
        if (Volatile.Read(ref slot) is { } kept && kept.IsOf(maxBurst, count, period))
            return kept.Plan;
        var plan = Make(tenant, maxBurst, count, period, out error);
        if (plan is not null)
            Volatile.Write(ref slot, new Entry(maxBurst, count, period, plan));
        return plan;
    }

    private Plan? Make(string tenant, long maxBurst, long count, long period, out string? error)
    {
        error = maxBurst is < 0 or >= Quota.ExactLimit - 1
                ? $"max_burst must be a whole number from 0 to {Quota.ExactLimit - 2}; it was {maxBurst}"
            : count < 1 ? $"count must be a whole number of 1 or more; it was {count}"
            : period < 1 ? $"period must be a whole number of seconds, 1 or more; it was {period}"
            : null;
        if (error is not null || QuotaOf(maxBurst + 1, count, period, out error) is not { } quota)
            return null;
        error = quota.Rate.IsNumbered ? null : newRates.Add(tenant, quota.Rate);
        return error is null
            ? new Plan(name, [new Limit(name, [Limit.KeyDimension], quota)], onOutage)
            : null;
    }

    private static TokenQuota? QuotaOf(long capacity, long count, long seconds, out string? error)
    {
        long divisor = (long)System.Numerics.BigInteger.GreatestCommonDivisor(count, seconds);
        (count, seconds) = (count / divisor, seconds / divisor);
        error = null;
        // A bucket that fills within a microsecond is always full, so a higher rate changes nothing.
        if (count >= (Int128)capacity * seconds * 1_000_000)
            return TokenQuota.Create(capacity, TimeSpan.FromMicroseconds(1), capacity);
        error = seconds > (long)TokenQuota.MaxPeriod.TotalSeconds
            ? $"{count} per {seconds} seconds is too slow; use a period of at most "
                + $"{TokenQuota.MaxPeriod.TotalDays:0} days"
            : null;
        if (error is not null)
            return null;
        return TokenQuota.TryCreate(count, TimeSpan.FromSeconds(seconds), capacity, out var quota, out error)
            ? quota
            : null;
    }
}
