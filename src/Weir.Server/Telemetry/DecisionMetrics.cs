using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Weir.Server;

/// <summary>Counts takes by plan, limit, outcome and source, in a bounded number of series.</summary>
internal sealed class DecisionMetrics : IDisposable
{
    public const string MeterName = "Weir";

    public const string Takes = "weir.decisions";
    public const string ShadowRefusals = "weir.shadow.refusals";
    public const string SkippedLimits = "weir.skipped.limits";

    private const int Sources = 2;
    private static readonly int Outcomes = Enum.GetValues<DecisionOutcome>().Length;

    /// <summary>Maximum number of series of takes; replaces the exporter's lower limit.</summary>
    public static readonly int MaxSeries = (PairCounts.MaxPairs + 1) * Outcomes * Sources;

    private readonly Meter _meter = new(MeterName);
    private readonly Histogram<double> _duration;
    private readonly PairCounts _takes = new(Outcomes * Sources);
    private readonly PairCounts _shadows = new(1);
    private readonly PairCounts _skipped = new(1);
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
        _meter.CreateObservableCounter(Takes, Observe, "{decision}", "Takes decided, by plan, limit, outcome and source.");
        _meter.CreateObservableCounter(
            SkippedLimits, () => Observe(_skipped), "{decision}",
            "Takes to which a limit did not apply because they lack one of its dimensions, by plan and limit.");
        _meter.CreateObservableCounter(
            ShadowRefusals, () => Observe(_shadows), "{decision}", "Takes that a limit in shadow mode would have refused, by plan and limit.");
    }

    /// <summary>Counts a take, and records the duration of a take or check.</summary>
    /// <param name="decision">Decision of the take or check.</param>
    /// <param name="spend">True for a take, false for a check.</param>
    /// <param name="duration">Duration of the decision; null if it was not measured.</param>
    public void Record(in Decision decision, bool spend, TimeSpan? duration)
    {
        if (duration is { } measured && _duration.Enabled)
            _duration.Record(measured.TotalSeconds, _sourceTags[(int)decision.Source]);
        if (!spend)
            return;
        _takes.Add(
            decision.Plan.Name, decision.Limit?.Name ?? "", ((int)decision.Outcome * Sources) + (int)decision.Source);
        if (decision.Plan.HasShadows)
            RecordShadows(decision);
        if (decision.HasSkipped)
            RecordSkipped(decision);
    }

    private void RecordSkipped(in Decision decision)
    {
        foreach (string limit in decision.Skipped())
            _skipped.Add(decision.Plan.Name, limit, 0);
    }

    private void RecordShadows(in Decision decision)
    {
        foreach (var line in decision.Limits())
        {
            if (line.Limit is { Mode: LimitMode.Shadow } limit && !line.Allowed)
                _shadows.Add(decision.Plan.Name, limit.Name, 0);
        }
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Observe()
    {
        foreach (var ((plan, limit), counts) in _takes.All)
        {
            for (int i = 0; i < counts.Length; i++)
            {
                long count = counts[i];
                if (count > 0)
                    yield return new Measurement<long>(count, TagsOf(plan, limit, (DecisionOutcome)(i / Sources), (DecisionSource)(i % Sources)));
            }
        }
    }

    private static IEnumerable<Measurement<long>> Observe(PairCounts counts) =>
        from pair in counts.All
        select new Measurement<long>(pair.Value[0], new TagList { { "plan", pair.Key.Plan }, { "limit", pair.Key.Limit } });

    private static TagList TagsOf(string plan, string limit, DecisionOutcome outcome, DecisionSource source) =>
        new() { { "plan", plan }, { "limit", limit }, { "outcome", Spelling.Of(outcome) }, { "source", Spelling.Of(source) } };
}
