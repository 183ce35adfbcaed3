namespace Weir;

/// <summary>A time in which a shard of the primary store could not answer.</summary>
/// <param name="Fault">The fault that began it.</param>
/// <param name="BeganAt">When it began.</param>
/// <param name="EndedAt">When it ended, or null while it lasts.</param>
public sealed record Outage(StoreFault Fault, DateTimeOffset BeganAt, DateTimeOffset? EndedAt)
{
    /// <summary>The name of the shard; null for the only one.</summary>
    public string? Shard { get; init; }

    /// <summary>How long it lasted; zero while it lasts.</summary>
    public TimeSpan Duration => EndedAt is { } end ? end - BeganAt : TimeSpan.Zero;
}
