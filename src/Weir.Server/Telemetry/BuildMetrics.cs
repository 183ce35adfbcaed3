using System.Diagnostics.Metrics;

namespace Weir.Server;

internal sealed class BuildMetrics : IDisposable
{
    private readonly Meter _meter = new(DecisionMetrics.MeterName);

    public BuildMetrics() => _meter.CreateObservableGauge(
        "weir.build.info", () => new Measurement<int>(1,
            new KeyValuePair<string, object?>("version", ProductVersion.Text)),
                description: "Always 1; the version that runs is its label.");

    public void Dispose() => _meter.Dispose();
}
