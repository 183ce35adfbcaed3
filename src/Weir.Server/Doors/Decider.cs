using System.Runtime.CompilerServices;

namespace Weir.Server;

// Makes and records the decisions of all doors. A door reads RequestFacts and writes a Decision.
internal sealed class Decider(RateLimiter limiter, DecisionTelemetry telemetry, TimeProvider time)
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Decision> DecideAsync(RequestFacts facts, bool spend)
    {
        long began = Now;
        var decision = await (spend ? limiter.TakeAsync(facts) : limiter.CheckAsync(facts));
        Record(facts, decision, spend, began);
        return decision;
    }

    /// <summary>Decides by a plan that comes with the request.</summary>
    public async ValueTask<Decision> DecideAsync(RequestFacts facts, Plan plan, bool spend)
    {
        if (Begin(facts, plan, spend, out long began, out var decision) is not { } pending)
            return decision;
        await pending.Arrival;
        return End(pending, spend, began, isByOwnPlan: true);
    }

    /// <summary>Takes once per idempotency key. Returns null if the key belongs to another request.</summary>
    public async ValueTask<Decision?> TakeOnceAsync(RequestFacts facts, string idempotencyKey)
    {
        long began = Now;
        if (await limiter.TakeAsync(facts, idempotencyKey) is not { } decision)
            return null;
        Record(facts, decision, spend: true, began);
        return decision;
    }

    /// <summary>Refunds tokens. Returns null if the idempotency key belongs to another request.</summary>
    public ValueTask<Decision?> RefundAsync(RequestFacts facts, string? idempotencyKey = null) =>
        limiter.RefundAsync(facts, idempotencyKey);

    /// <summary>Charges tokens. Returns null if the idempotency key belongs to another request.</summary>
    public async ValueTask<Decision?> ChargeAsync(RequestFacts facts, string? idempotencyKey = null)
    {
        var decision = await limiter.ChargeAsync(facts, idempotencyKey);
        if (decision is { } charged)
            telemetry.RecordCharge(facts, charged);
        return decision;
    }

    /// <summary>Begins a decision without an async state machine. Returns null if the decision is complete.</summary>
    public PendingResult? Begin(in RequestFacts facts, bool spend, out long began, out Decision decision)
    {
        began = Now;
        var pending = limiter.Begin(facts, spend, out decision);
        if (pending is null)
            Record(facts, decision, spend, began);
        return pending;
    }

    // The plan comes with the request; null stands for the plan of its tenant.
    public PendingResult? Begin(
        in RequestFacts facts, Plan? plan, bool spend, out long began, out Decision decision)
    {
        began = Now;
        var pending = plan is null
            ? limiter.Begin(facts, spend, out decision)
            : limiter.Begin(facts, plan, spend, out decision);
        if (pending is null)
            Record(facts, decision, spend, began);
        return pending;
    }

    /// <summary>Decides requests of a tenant as one, counted once: as the one that governs.</summary>
    public async ValueTask<(Decision[] Decisions, int Governing)> DecideTogetherAsync(JointPart[] parts)
    {
        long began = Now;
        var decisions = await limiter.DecideTogetherAsync(parts);
        int governing = 0;
        for (int i = 1; i < decisions.Length; i++)
        {
            if (decisions[i].Outweighs(decisions[governing]))
                governing = i;
        }

        bool spend = Array.Exists(parts, part => part.Spend);
        Record(parts[governing].Facts, decisions[governing], spend, began);
        return (decisions, governing);
    }

    public Decision End(PendingResult pending, bool spend, long began, bool isByOwnPlan = false)
    {
        var facts = pending.Facts;
        var decision = isByOwnPlan ? RateLimiter.EndByOwnPlan(pending) : limiter.End(pending);
        Record(facts, decision, spend, began);
        return decision;
    }

    public DecisionTurn BeginTurn() => new(Now);

    // Begins a decision of a turn. Uses the given plan or, if null, the plan of the tenant.
    public PendingResult? Begin(
        in RequestFacts facts, Plan? plan, bool spend, ref DecisionTurn turn, out Decision decision)
    {
        var pending = plan is null
            ? limiter.Begin(facts, spend, out decision)
            : limiter.Begin(facts, plan, spend, out decision);
        if (pending is null)
            telemetry.Record(facts, decision, spend, turn.TryMeasure() ? time.GetElapsedTime(turn.Began) : null);
        return pending;
    }

    private long Now => time.GetTimestamp();

    private void Record(in RequestFacts facts, in Decision decision, bool spend, long began) =>
        telemetry.Record(facts, decision, spend, time.GetElapsedTime(began));
}
