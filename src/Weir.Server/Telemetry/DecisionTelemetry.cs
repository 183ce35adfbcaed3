namespace Weir.Server;

/// <summary>The one place where decisions are told of: metrics, top keys, decision log.</summary>
internal sealed class DecisionTelemetry(DecisionMetrics metrics, DecisionLog log, TopKeys? top = null)
{
    /// <summary>Tells of a decision.</summary>
    /// <param name="facts">The request.</param>
    /// <param name="decision">Its decision.</param>
    /// <param name="spend">False for a check, which changes nothing and so is no traffic.</param>
    /// <param name="duration">How long it took; null if that was not measured.</param>
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

    /// <summary>Counts the costs of a charge, which is not a decision.</summary>
    public void RecordCharge(in RequestFacts facts, in Decision charged)
    {
        if (charged.Outcome == DecisionOutcome.Allowed)
            top?.RecordCharge(facts, charged.Plan);
    }
}
