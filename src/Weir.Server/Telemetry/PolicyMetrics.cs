using System.Diagnostics.Metrics;

namespace Weir.Server;

internal sealed class PolicyMetrics : IDisposable
{
    private readonly Meter _meter = new(DecisionMetrics.MeterName);
    private readonly Counter<long> _reloads;

    public PolicyMetrics(PolicyFileStatus file)
    {
        _reloads = _meter.CreateCounter<long>("weir.policies.reloads", "{reload}", "Policy files read again, by outcome.");
        _meter.CreateObservableGauge("weir.policies.file.in_force", () => file.WhyNot is null ? 1 : 0, null, "1 if the policy file on disk decides, 0 if not; /readyz says why.");
    }

    public void Reloaded(bool good) => _reloads.Add(1, new KeyValuePair<string, object?>("outcome", good ? "used" : "refused"));

    public void Dispose() => _meter.Dispose();
}
