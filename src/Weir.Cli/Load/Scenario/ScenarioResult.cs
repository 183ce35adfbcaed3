namespace Weir.Cli.Load;

/// <summary>A scenario and what came of it.</summary>
internal sealed record ScenarioResult(Scenario Scenario, Recording Recording)
{
    /// <summary>The load before, not counted.</summary>
    public TimeSpan Warmup { get; init; }

    /// <summary>Set when Redis was killed on the way.</summary>
    public OutageResult? Outage { get; init; }

    /// <summary>True when any request failed, in the warm-up too.</summary>
    public bool Failed => Recording.Tally.Errors + Recording.Tally.WarmupErrors > 0;
}

/// <summary>What an outage cost.</summary>
/// <param name="Marks">When Redis went and when it answered again.</param>
/// <param name="MemoryAfterKill">From the kill to the first decision from memory; null when there was none.</param>
/// <param name="RedisAfterRestart">
/// From Redis answering again to the first decision from it; null when there was none.
/// </param>
internal sealed record OutageResult(OutageMarks Marks, TimeSpan? MemoryAfterKill, TimeSpan? RedisAfterRestart);
