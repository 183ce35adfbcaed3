using System.Diagnostics.Metrics;

namespace Weir.Server;

/// <summary>Which version runs, as <c>weir_build_info{version="0.1.0"} 1</c>.</summary>
internal sealed class BuildMetrics : IDisposable
{
    private readonly Meter _meter = new(DecisionMetrics.MeterName);

    public BuildMetrics() => _meter.CreateObservableGauge(
        "weir.build.info", () => new Measurement<int>(1,
            new KeyValuePair<string, object?>("version", ProductVersion.Text)),
                description: "Always 1; the version that runs is its label.");

    public void Dispose() => _meter.Dispose();
}
