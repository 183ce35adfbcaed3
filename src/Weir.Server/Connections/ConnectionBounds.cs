using System.Diagnostics.Metrics;

namespace Weir.Server;

internal sealed partial class ConnectionBounds : IDisposable
{
    /// <summary>Maximum number of connections to the addresses of <c>Weir:Management:Urls</c>.</summary>
    public const int MostOfManagement = 64;

    private readonly Meter _meter = new(DecisionMetrics.MeterName);
    private readonly OncePerMinute _log;
    private readonly ILogger<ConnectionBounds> _logger;

    public ConnectionBounds(int most, TimeProvider time, ILogger<ConnectionBounds> logger)
    {
        OfCallers = new ConnectionBound(most, time);
        OfManagement = new ConnectionBound(MostOfManagement, time);
        _log = new OncePerMinute(time);
        _logger = logger;
        _meter.CreateObservableGauge("weir.connections", () => Each(bound => bound.Count), "{connection}", "Open connections.");
        _meter.CreateObservableGauge("weir.connections.limit", () => Each(bound => bound.Most), "{connection}", "Open connections, at most.");
        _meter.CreateObservableCounter("weir.connections.refused", () => Each(bound => bound.Refused), "{connection}", "Connections refused because all were in use.");
        _meter.CreateObservableCounter("weir.connections.reclaimed", () => Each(bound => bound.ClosedIdle), "{connection}", "Idle connections closed to make room for new ones.");
    }

    public ConnectionBound OfCallers { get; }

    public ConnectionBound OfManagement { get; }

    public void LogRefused(ConnectionBound bound)
    {
        if (_log.TryPass(out long times))
            Refused(times, bound.Most);
    }

    public void Dispose() => _meter.Dispose();

    private Measurement<long>[] Each(Func<ConnectionBound, long> read) =>
        [new(read(OfCallers), new KeyValuePair<string, object?>("address", "public")), new(read(OfManagement), new KeyValuePair<string, object?>("address", "management"))];

    [LoggerMessage(81, LogLevel.Warning, "{Count} connections refused: all {Most} are in use. Raise Weir:Limits:Connections and the descriptor limit (ulimit -n), or use fewer connections")]
    private partial void Refused(long count, int most);
}
