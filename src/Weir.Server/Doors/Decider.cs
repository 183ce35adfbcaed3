using System.Runtime.CompilerServices;

namespace Weir.Server;

/// <summary>
/// Makes and counts the decisions of all doors: a door makes <see cref="RequestFacts"/> and renders a
/// <see cref="Decision"/>.
/// </summary>
internal sealed class Decider(RateLimiter limiter, DecisionTelemetry telemetry, TimeProvider time)
{
    /// <summary>Takes or checks.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Decision> DecideAsync(RequestFacts facts, bool spend)
    {
        long began = Now;
        var decision = await (spend ? limiter.TakeAsync(facts) : limiter.CheckAsync(facts));
        Record(facts, decision, spend, began);
        return decision;
    }

    /// <summary>Takes once under an idempotency key; null if the key stands for another request.</summary>
    public async ValueTask<Decision?> TakeOnceAsync(RequestFacts facts, string idempotencyKey)
    {
        long began = Now;
        if (await limiter.TakeAsync(facts, idempotencyKey) is not { } decision)
            return null;
        Record(facts, decision, spend: true, began);
        return decision;
    }

    /// <summary>Gives back what a request spent that turned out not to be one.</summary>
    /// <param name="facts">The request.</param>
    /// <param name="idempotencyKey">Makes a repeat give back nothing; null for none.</param>
    /// <returns>Null if the idempotency key stands for another request.</returns>
    public ValueTask<Decision?> RefundAsync(RequestFacts facts, string? idempotencyKey = null) =>
        limiter.RefundAsync(facts, idempotencyKey);

    /// <summary>Charges what a request took, whatever is left.</summary>
    /// <inheritdoc cref="RefundAsync"/>
    public async ValueTask<Decision?> ChargeAsync(RequestFacts facts, string? idempotencyKey = null)
    {
        var decision = await limiter.ChargeAsync(facts, idempotencyKey);
        if (decision is { } charged)
            telemetry.RecordCharge(facts, charged);
        return decision;
    }

    /// <summary>Begins a take or a check without a frame of its own. Returns null if it is decided at once.</summary>
    /// <param name="facts">The request.</param>
    /// <param name="spend">True to take, false to check.</param>
    /// <param name="began">When it began, for <see cref="End"/>.</param>
    /// <param name="decision">The decision, if it is made at once.</param>
    public PendingResult? Begin(in RequestFacts facts, bool spend, out long began, out Decision decision)
    {
        began = Now;
        var pending = limiter.Begin(facts, spend, out decision);
        if (pending is null)
            Record(facts, decision, spend, began);
        return pending;
    }

    /// <summary>Returns the decision that <see cref="Begin(in RequestFacts, bool, out long, out Decision)"/> began, once its result has arrived.</summary>
    public Decision End(PendingResult pending, bool spend, long began)
    {
        var facts = pending.Facts;
        var decision = limiter.End(pending);
        Record(facts, decision, spend, began);
        return decision;
    }

    /// <summary>Begins a turn: decisions of one connection that are begun together.</summary>
    public DecisionTurn BeginTurn() => new(Now);

    /// <summary>Begins a take or a check of a turn.</summary>
    /// <param name="facts">The request.</param>
    /// <param name="plan">A plan that comes with the request; null for that of its tenant.</param>
    /// <param name="spend">True to take, false to check.</param>
    /// <param name="turn">The turn.</param>
    /// <param name="decision">The decision, if it is made at once.</param>
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

    /// <summary>Returns the decision by a plan that came with the request, once its result has arrived.</summary>
    public Decision EndByOwnPlan(PendingResult pending, bool spend, long began)
    {
        var facts = pending.Facts;
        var decision = RateLimiter.EndByOwnPlan(pending);
        Record(facts, decision, spend, began);
        return decision;
    }

    private long Now => time.GetTimestamp();

    private void Record(in RequestFacts facts, in Decision decision, bool spend, long began) =>
        telemetry.Record(facts, decision, spend, time.GetElapsedTime(began));
}
