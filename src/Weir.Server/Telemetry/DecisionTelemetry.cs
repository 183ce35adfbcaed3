namespace Weir.Server;

internal sealed class DecisionTelemetry(DecisionMetrics metrics, DecisionLog log, TopKeys? top = null)
{
    /// <summary>Counts a decision. A check spends nothing, and so is no traffic. Duration: null if not measured.</summary>
    public void Record(in RequestFacts facts, in Decision decision, bool spend, TimeSpan? duration)
    {
        metrics.Record(decision, spend, duration);
        if (!spend)
            return;
        // No limit decided these.
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
