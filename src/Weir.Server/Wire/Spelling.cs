namespace Weir.Server;

/// <summary>The wire's words for the core's values, and a decision's body.</summary>
internal static class Spelling
{
    public static string Of(DecisionSource source) => source == DecisionSource.Redis ? "redis" : "memory";

    public static string Of(DecisionOutcome outcome) => outcome switch
    {
        DecisionOutcome.Allowed => "allowed",
        DecisionOutcome.Refused => "refused",
        DecisionOutcome.NeverFits => "never-fits",
        _ => "unavailable",
    };

    public static string Of(BreakerState state) => state switch
    {
        BreakerState.Closed => "closed",
        BreakerState.Open => "open",
        _ => "half-open",
    };

    public static string Of(StoreFault fault) => fault switch
    {
        StoreFault.None => "none",
        StoreFault.Unreachable => "unreachable",
        StoreFault.Late => "late",
        StoreFault.Slow => "slow",
        StoreFault.Refusing => "refusing",
        StoreFault.Damaged => "damaged",
        _ => "full",
    };

    public static SeedBody Seed(in Decision decision, TimeProvider time) =>
        new(decision.Allowed, decision.Remaining, ResetAtMs(decision, time), Of(decision.Source));

    public static DecisionBody Body(in Decision decision)
    {
        long capacity = decision.Limit?.Quota.Capacity ?? decision.Remaining;
        // In a batch there is no 503 for one of its requests, and an absent number would say "never".
        var retry = decision.Outcome == DecisionOutcome.Unavailable ? Problems.OutagePatience : decision.RetryAfter;
        long? retryAfter = retry is { } wait ? Milliseconds(wait) : null;
        long resetAfter = Milliseconds(decision.ResetAfter);
        return new DecisionBody(
            decision.Allowed,
            decision.Tenant,
            decision.Plan.Name,
            decision.Limit?.Name,
            decision.Remaining,
            capacity,
            retryAfter,
            resetAfter,
            Of(decision.Source),
            decision.Degraded,
            decision.Limit is null
                ? []
                : [new LimitBody(decision.Limit.Name, decision.Allowed, decision.Remaining, capacity, retryAfter, resetAfter, "enforce")],
            decision.Outcome == DecisionOutcome.Unavailable ? Of(decision.Outcome) : null);
    }

    /// <summary>Whole milliseconds, rounded up: a caller that comes back then is not too early.</summary>
    public static long Milliseconds(TimeSpan time) => (time.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;

    /// <summary>Whole seconds, rounded up.</summary>
    public static long Seconds(TimeSpan time) => (time.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    private static long ResetAtMs(in Decision decision, TimeProvider time) =>
        decision.Allowed ? 0
        : decision.RetryAfter is { } retry ? Milliseconds(time.GetUtcNow() + retry - DateTimeOffset.UnixEpoch)
        : -1;
}
