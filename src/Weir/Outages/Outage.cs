namespace Weir;

/// <summary>A period in which a shard of the primary could not answer. EndedAt is null while it lasts.</summary>
public sealed record Outage(StoreFault Fault, DateTimeOffset BeganAt, DateTimeOffset? EndedAt)
{
    /// <summary>Name of the shard; null for the only shard or a former one.</summary>
    public string? Shard { get; init; }

    /// <summary>Duration of an ended outage; zero while the outage lasts.</summary>
    public TimeSpan Duration => EndedAt is { } end ? end - BeganAt : TimeSpan.Zero;
}
