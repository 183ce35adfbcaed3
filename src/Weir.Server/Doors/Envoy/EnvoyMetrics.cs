using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Weir.Server;

/// <summary>Counts decided descriptors by their rules, in a bounded number of series.</summary>
internal sealed class EnvoyMetrics : IDisposable
{
    private const int Ok = 0, OverLimit = 1, Shadow = 2;

    private static readonly string[] Results = ["ok", "over_limit", "shadow"];

    private readonly Meter _meter = new(DecisionMetrics.MeterName);
    private readonly PairCounts _counts = new(Results.Length);

    private readonly Counter<long> _reloads;

    public EnvoyMetrics()
    {
        _meter.CreateObservableCounter(
            "weir.envoy.descriptors", Observe, "{descriptor}",
            "Descriptors that a rule of Envoy's configuration decided, by domain, rule and result.");
        _reloads = _meter.CreateCounter<long>(
            "weir.envoy.reloads", "{reload}", "Configurations of Envoy read again, by outcome.");
    }

    public void Reloaded(bool good) =>
        _reloads.Add(1, new KeyValuePair<string, object?>("outcome", good ? "used" : "refused"));

    public void Record(EnvoyRequest request)
    {
        foreach (var part in request.Parts)
        {
            if (part.Metric.Length > 0)
                _counts.Add(request.Domain, part.Metric, !part.IsOver ? Ok : part.IsShadow ? Shadow : OverLimit);
        }
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Observe() =>
        from pair in _counts.All
        from i in Enumerable.Range(0, Results.Length)
        where pair.Value[i] > 0
        select new Measurement<long>(
            pair.Value[i],
            new TagList { { "domain", pair.Key.Plan }, { "rule", pair.Key.Limit }, { "result", Results[i] } });
}
