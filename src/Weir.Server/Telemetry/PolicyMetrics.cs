using System.Diagnostics.Metrics;

namespace Weir.Server;

/// <summary>How often the policy file was read again, and how that ended.</summary>
internal sealed class PolicyMetrics : IDisposable
{
    private readonly Meter _meter = new(DecisionMetrics.MeterName);
    private readonly Counter<long> _reloads;

    public PolicyMetrics() => _reloads = _meter.CreateCounter<long>("weir.policies.reloads", "{reload}", "Policy files read again, by outcome.");

    public void Reloaded(bool good) => _reloads.Add(1, new KeyValuePair<string, object?>("outcome", good ? "used" : "refused"));

    public void Dispose() => _meter.Dispose();
}
