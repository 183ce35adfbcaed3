namespace Weir.Cli.Load;

internal sealed record ScenarioResult(Scenario Scenario, Recording Recording)
{
    public TimeSpan Warmup { get; init; }

    public OutageResult? Outage { get; init; }

    /// <summary>True if any request failed, including those in the warm-up.</summary>
    public bool Failed => Recording.Tally.Errors + Recording.Tally.WarmupErrors > 0;
}

/// <summary>Outage times, and waits until the first decisions from memory and Redis; null if none came.</summary>
internal sealed record OutageResult(OutageMarks Marks, TimeSpan? MemoryAfterKill, TimeSpan? RedisAfterRestart);
