using System.Diagnostics.Metrics;

namespace Weir.Server;

internal sealed class CandidateMetrics : IDisposable
{
    private readonly Meter _meter = new(DecisionMetrics.MeterName);
    private readonly CandidateTrial _trial;

    public CandidateMetrics(CandidateTrial trial)
    {
        _trial = trial;
        _meter.CreateObservableGauge("weir.candidate.decisions", Outcomes, "{decision}", "Decisions made twice since the candidate is tried: agreed, stricter, laxer, or skipped.");
        _meter.CreateObservableGauge("weir.candidate.disagreements", Limits, "{decision}", "Decisions in which a limit refused what the other side allowed.");
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Outcomes()
    {
        if (_trial.Tally is not { } tally)
            yield break;
        long stricter = tally.Stricter, laxer = tally.Laxer;
        yield return Of(Math.Max(0, tally.Decisions - stricter - laxer), "outcome", "agreed");
        yield return Of(stricter, "outcome", "stricter");
        yield return Of(laxer, "outcome", "laxer");
        yield return Of(tally.Skipped, "outcome", "skipped");
    }

    private IEnumerable<Measurement<long>> Limits()
    {
        foreach (var limit in _trial.Tally?.Limits ?? [])
        {
            yield return new Measurement<long>(limit.Stricter, new("limit", limit.Name), new("outcome", "stricter"));
            yield return new Measurement<long>(limit.Laxer, new("limit", limit.Name), new("outcome", "laxer"));
        }
    }

    private static Measurement<long> Of(long count, string tag, string value) => new(count, new KeyValuePair<string, object?>(tag, value));
}
