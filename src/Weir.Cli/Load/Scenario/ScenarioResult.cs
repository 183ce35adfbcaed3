namespace Weir.Cli.Load;

internal sealed record ScenarioResult(Scenario Scenario, Recording Recording)
{
    public TimeSpan Warmup { get; init; }

    public OutageResult? Outage { get; init; }

    /// <summary>True if any request failed, in the warm-up too.</summary>
    public bool Failed => Recording.Tally.Errors + Recording.Tally.WarmupErrors > 0;
}

/// <summary>Times from the kill, and from Redis' first answer, to a decision; null if none came.</summary>
internal sealed record OutageResult(OutageMarks Marks, TimeSpan? MemoryAfterKill, TimeSpan? RedisAfterRestart);
