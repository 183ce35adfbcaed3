namespace Weir;

/// <summary>What a request gets.</summary>
public enum DecisionOutcome
{
    /// <summary>Go ahead.</summary>
    Allowed,

    /// <summary>Not now; <see cref="Decision.RetryAfter"/> says when.</summary>
    Refused,

    /// <summary>Not ever: the cost is above the limit's capacity, so there is no "later".</summary>
    NeverFits,

    /// <summary>No decision: the store is in an outage and the plan denies in that case, or there is no room for the bucket.</summary>
    Unavailable,
}

/// <summary>The answer: allowed or not, which limit governed, what remains, when to retry, who decided.</summary>
public readonly record struct Decision
{
    /// <summary>What the request gets.</summary>
    public DecisionOutcome Outcome { get; private init; }

    /// <summary>True when the request may go ahead.</summary>
    public bool Allowed => Outcome == DecisionOutcome.Allowed;

    /// <summary>The tenant whose bucket was asked.</summary>
    public string Tenant { get; private init; }

    /// <summary>The tenant's plan.</summary>
    public Plan Plan { get; private init; }

    /// <summary>The limit that governed, or null when none applied.</summary>
    public Limit? Limit { get; private init; }

    /// <summary>Whole tokens left in the governing limit's bucket.</summary>
    public long Remaining { get; private init; }

    /// <summary>When this same request would be allowed if nobody else takes; zero when allowed, null when never or unknown.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>When the bucket is as new.</summary>
    public TimeSpan ResetAfter { get; private init; }

    /// <summary>Who decided.</summary>
    public DecisionSource Source { get; private init; }

    /// <summary>True when memory decided because the configured store could not.</summary>
    public bool Degraded { get; private init; }

    /// <summary>Puts a store's answer into words. Pure.</summary>
    internal static Decision From(in LimitSet limits, in BucketAnswer answer)
    {
        if (answer.Fault != StoreFault.None)
            return WithoutStore(limits, answer);
        var quota = limits.Limit!.Quota;
        long spent = TokenBucket.SpentAt(quota.Rate, answer.State, answer.NowUs);
        return new Decision
        {
            Outcome = (DecisionOutcome)answer.Outcome,
            Tenant = limits.Facts.Tenant,
            Plan = limits.Plan,
            Limit = limits.Limit,
            Remaining = Math.Max(0, (quota.CapacityUnits - spent) / quota.Rate.UnitsPerToken),
            RetryAfter = RetryAfterOf(quota, answer, limits.Facts.Cost),
            ResetAfter = Microseconds(TokenBucket.MicrosecondsUntil(quota.Rate, answer.State, answer.NowUs, 0)),
            Source = answer.Source,
            Degraded = answer.Degraded,
        };
    }

    /// <summary>The decision of a request that no limit applies to.</summary>
    internal static Decision Unlimited(in LimitSet limits, DecisionSource source) => new()
    {
        Tenant = limits.Facts.Tenant,
        Plan = limits.Plan,
        Remaining = Quota.ExactLimit - 1,
        RetryAfter = TimeSpan.Zero,
        Source = source,
    };

    /// <summary>No bucket was asked, so the plan's word for outages is all there is to go by.</summary>
    private static Decision WithoutStore(in LimitSet limits, in BucketAnswer answer)
    {
        bool allowed = limits.Plan.OnOutage == OnOutage.Allow;
        return new Decision
        {
            Outcome = allowed ? DecisionOutcome.Allowed : DecisionOutcome.Unavailable,
            Tenant = limits.Facts.Tenant,
            Plan = limits.Plan,
            Limit = limits.Limit,
            Remaining = allowed ? limits.Limit!.Quota.Capacity : 0,
            RetryAfter = allowed ? TimeSpan.Zero : null,
            Source = answer.Source,
            Degraded = answer.Degraded,
        };
    }

    private static TimeSpan? RetryAfterOf(Quota quota, in BucketAnswer answer, long cost) => answer.Outcome switch
    {
        BucketOutcome.Allowed => TimeSpan.Zero,
        BucketOutcome.Refused => Microseconds(TokenBucket.MicrosecondsUntil(
            quota.Rate, answer.State, answer.NowUs, quota.CapacityUnits - quota.UnitsOf(cost))),
        _ => null,
    };

    private static TimeSpan Microseconds(long us) => TimeSpan.FromTicks(us * TimeSpan.TicksPerMicrosecond);
}
