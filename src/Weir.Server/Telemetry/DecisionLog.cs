namespace Weir.Server;

/// <summary>Logs a sample of takes, limited per second. Off by default, because a key may identify a person.</summary>
internal sealed partial class DecisionLog : IDisposable
{
    private readonly ILogger<DecisionLog> _logger;
    private readonly ShownKeys _keys;
    private readonly Random _random;
    private readonly LineBound _bound;
    private readonly double _denied;
    private readonly double _allowed;

    public DecisionLog(WeirOptions options, ShownKeys keys, TimeProvider time, ILogger<DecisionLog> logger)
        : this(options.DecisionLog, keys, time, Random.Shared, logger)
    {
    }

    /// <summary>Creates the log. The source of random numbers must be safe for concurrent use.</summary>
    public DecisionLog(WeirOptions.DecisionLogSettings settings, ShownKeys keys, TimeProvider time, Random random, ILogger<DecisionLog> logger)
    {
        (_denied, _allowed) = (settings.Denied, settings.Allowed);
        _logger = logger;
        _keys = keys;
        _random = random;
        _bound = new LineBound(settings.PerSecond, time, suppressed => Suppressed(suppressed, settings.PerSecond));
    }

    public void Record(in RequestFacts facts, in Decision decision)
    {
        double share = decision.Allowed ? _allowed : _denied;
        if (share > 0 && (share >= 1 || _random.NextDouble() < share) && _bound.TryPass())
            Write(facts, decision);
    }

    public void Dispose() => _bound.Dispose();

    private void Write(in RequestFacts facts, in Decision decision) => Decided(
        Spelling.Of(decision.Outcome), facts.Tenant, decision.Plan.Name, decision.Limit?.Name ?? "", _keys.InLine(facts.Key), facts.Cost,
        decision.RetryAfter is { } retry ? Spelling.Milliseconds(retry) : -1, Spelling.Of(decision.Source));

    [LoggerMessage(40, LogLevel.Information,
        "Decision {Outcome}: tenant {Tenant}, plan {Plan}, limit {Limit}, key \"{Key}\", cost {Cost}, retry after {RetryAfterMs} ms, by {Source}")]
    private partial void Decided(string outcome, string tenant, string plan, string limit, string key, long cost, long retryAfterMs, string source);

    [LoggerMessage(41, LogLevel.Information, "{Suppressed} decisions more would have been logged, had there not been {PerSecond} lines in that second already (Weir:DecisionLog:PerSecond)")]
    private partial void Suppressed(long suppressed, int perSecond);
}
