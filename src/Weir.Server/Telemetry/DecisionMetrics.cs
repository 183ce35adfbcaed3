using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Weir.Server;

/// <summary>
/// Counts decisions by plan, limit, outcome and source: a bounded number of series, whatever keys and tenants come.
/// </summary>
/// <remarks>Counts are read when somebody asks for them, so a decision pays for one increment, not for an instrument.</remarks>
internal sealed class DecisionMetrics : IDisposable
{
    public const string MeterName = "Weir";

    private const int Sources = 2;
    private static readonly int Outcomes = Enum.GetValues<DecisionOutcome>().Length;

    private readonly Meter _meter = new(MeterName);
    private readonly Histogram<double> _duration;
    private readonly ConcurrentDictionary<(string Plan, string Limit), long[]> _takes = new();
    private readonly KeyValuePair<string, object?>[] _sourceTags;

    public DecisionMetrics()
    {
        _sourceTags = [.. Enum.GetValues<DecisionSource>().Select(source => new KeyValuePair<string, object?>("source", Spelling.Of(source)))];
        _duration = _meter.CreateHistogram(
            "weir.decision.duration",
            "s",
            "Time from the parsed request to the decision.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1],
            });
        _meter.CreateObservableCounter("weir.decisions", Observe, "{decision}", "Takes decided, by plan, limit, outcome and source.");
    }

    public void Record(in Decision decision, bool spend, TimeSpan duration)
    {
        if (_duration.Enabled)
            _duration.Record(duration.TotalSeconds, _sourceTags[(int)decision.Source]);
        if (!spend)
            return;
        var counts = _takes.GetOrAdd((decision.Plan.Name, decision.Limit?.Name ?? ""), static _ => new long[Outcomes * Sources]);
        Interlocked.Increment(ref counts[((int)decision.Outcome * Sources) + (int)decision.Source]);
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Observe()
    {
        foreach (var ((plan, limit), counts) in _takes)
        {
            for (int i = 0; i < counts.Length; i++)
            {
                long count = Volatile.Read(ref counts[i]);
                if (count > 0)
                    yield return new Measurement<long>(count, TagsOf(plan, limit, (DecisionOutcome)(i / Sources), (DecisionSource)(i % Sources)));
            }
        }
    }

    private static TagList TagsOf(string plan, string limit, DecisionOutcome outcome, DecisionSource source) =>
        new() { { "plan", plan }, { "limit", limit }, { "outcome", Spelling.Of(outcome) }, { "source", Spelling.Of(source) } };
}
