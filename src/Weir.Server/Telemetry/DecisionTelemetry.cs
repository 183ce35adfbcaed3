namespace Weir.Server;

internal sealed class DecisionTelemetry(DecisionMetrics metrics, DecisionLog log, TopKeys? top = null)
{
    /// <summary>Records a decision: its duration (null if not measured) and, for a take, counts and log.</summary>
    public void Record(in RequestFacts facts, in Decision decision, bool spend, TimeSpan? duration)
    {
        metrics.Record(decision, spend, duration);
        if (!spend)
            return;
        // Skip takes that no limit decided.
        if (decision.Outcome is not (DecisionOutcome.Unavailable or DecisionOutcome.AnswersFull))
            top?.Record(facts, decision.Plan, decision.Allowed);
        log.Record(facts, decision);
    }

    public void RecordCharge(in RequestFacts facts, in Decision charged)
    {
        if (charged.Outcome == DecisionOutcome.Allowed)
            top?.RecordCharge(facts, charged.Plan);
    }
}
