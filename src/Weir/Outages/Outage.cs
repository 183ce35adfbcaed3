namespace Weir;

/// <summary>A time in which a shard of the primary could not answer; without an end while it lasts.</summary>
public sealed record Outage(StoreFault Fault, DateTimeOffset BeganAt, DateTimeOffset? EndedAt)
{
    /// <summary>Name of the shard; null for the only one.</summary>
    public string? Shard { get; init; }

    /// <summary>Duration of an ended outage; else zero.</summary>
    public TimeSpan Duration => EndedAt is { } end ? end - BeganAt : TimeSpan.Zero;
}
