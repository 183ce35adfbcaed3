namespace Weir.Server;

/// <summary>The one place where decisions are told of: metrics, top keys, decision log.</summary>
internal sealed class DecisionTelemetry(DecisionMetrics metrics, DecisionLog log, TopKeys? top = null)
{
    /// <summary>Tells of a decision.</summary>
    /// <param name="facts">The request.</param>
    /// <param name="decision">What it got.</param>
    /// <param name="spend">False for a check, which changes nothing and so is no traffic.</param>
    /// <param name="duration">How long it took.</param>
    public void Record(in RequestFacts facts, in Decision decision, bool spend, TimeSpan duration)
    {
        metrics.Record(decision, spend, duration);
        if (!spend)
            return;
        // Where no limit decided, nobody was limited.
        if (decision.Outcome is not (DecisionOutcome.Unavailable or DecisionOutcome.AnswersFull))
            top?.Record(facts, decision.Plan, decision.Allowed);
        log.Record(facts, decision);
    }

    /// <summary>Tells of a charge, which is no decision: only what it cost is counted.</summary>
    public void RecordCharge(in RequestFacts facts, in Decision charged)
    {
        if (charged.Outcome == DecisionOutcome.Allowed)
            top?.RecordCharge(facts, charged.Plan);
    }
}
