namespace Weir.Server;

internal static class Spelling
{
    public static string Of(DecisionSource source) => source == DecisionSource.Redis ? "redis" : "memory";

    public static string Of(DecisionOutcome outcome) => outcome switch
    {
        DecisionOutcome.Allowed => "allowed",
        DecisionOutcome.Refused => "refused",
        DecisionOutcome.NeverFits => "never-fits",
        DecisionOutcome.Blocked => "blocked",
        DecisionOutcome.MissingDimension => "missing-dimension",
        DecisionOutcome.AnswersFull => "answers-full",
        _ => "unavailable",
    };

    public static string Of(KeyScope scope) => scope == KeyScope.Admin ? "admin" : "take";

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
        StoreFault.Conflict => "conflict",
        StoreFault.Gone => "gone",
        StoreFault.Crowded => "crowded",
        StoreFault.Starved => "starved",
        StoreFault.AnswersFull => "answers-full",
        _ => "full",
    };

    public static SeedBody Seed(in Decision decision, TimeProvider time) =>
        new(decision.Allowed, decision.Remaining, ResetAtMs(decision, time), Of(decision.Source));

    public static DecisionBody Body(in Decision decision)
    {
        // Give an undecided request of a batch a retry time, because an absent one would mean "never".
        var retry = decision.Outcome == DecisionOutcome.Unavailable ? Problems.OutagePatience : decision.RetryAfter;
        return new DecisionBody(
            decision.Allowed,
            decision.Tenant,
            decision.Plan.Name,
            decision.Limit?.Name,
            decision.Remaining,
            decision.Limit?.Quota.Capacity ?? decision.Remaining,
            Milliseconds(retry),
            Milliseconds(decision.ResetAfter),
            Of(decision.Source),
            decision.Degraded,
            decision.HasSkipped ? [.. decision.Skipped()] : null,
            BodiesOf(decision.Limits()),
            decision.Outcome is DecisionOutcome.Allowed or DecisionOutcome.Refused or DecisionOutcome.NeverFits
                ? null
                : Of(decision.Outcome),
            decision.Reason,
            decision.UnknownUnits);
    }

    public static string Of(OnMissing missing) => missing.ToString().ToLowerInvariant();

    public static string Of(LimitMode mode) => mode == LimitMode.Shadow ? "shadow" : "enforce";

    public static string? UnitOf(Limit limit) => limit.Unit == Limit.Requests ? null : limit.Unit;

    private static LimitBody[] BodiesOf(IReadOnlyList<LimitDecision> limits)
    {
        var bodies = new LimitBody[limits.Count];
        for (int i = 0; i < bodies.Length; i++)
        {
            var line = limits[i];
            bodies[i] = new LimitBody(
                line.Limit.Name, UnitOf(line.Limit), line.Allowed, line.Remaining, line.Limit.Quota.Capacity,
                Milliseconds(line.RetryAfter), Milliseconds(line.ResetAfter), Of(line.Limit.Mode));
        }

        return bodies;
    }

    private static long? Milliseconds(TimeSpan? time) => time is { } known ? Milliseconds(known) : null;

    /// <summary>Converts to milliseconds, rounded up so that no caller retries too early.</summary>
    public static long Milliseconds(TimeSpan time) => (time.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;

    public static long Seconds(TimeSpan time) => (time.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    private static long ResetAtMs(in Decision decision, TimeProvider time) =>
        decision.Allowed ? 0
        : decision.RetryAfter is { } retry ? Milliseconds(time.GetUtcNow() + retry - DateTimeOffset.UnixEpoch)
        : -1;
}
