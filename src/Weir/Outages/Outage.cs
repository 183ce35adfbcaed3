namespace Weir;

/// <summary>A time in which a shard of the primary could not answer.</summary>
/// <param name="Fault">Fault that began it.</param>
/// <param name="BeganAt">Begin.</param>
/// <param name="EndedAt">End, or null while it lasts.</param>
public sealed record Outage(StoreFault Fault, DateTimeOffset BeganAt, DateTimeOffset? EndedAt)
{
    /// <summary>Name of the shard; null for the only one.</summary>
    public string? Shard { get; init; }

    /// <summary>Duration of an ended outage; else zero.</summary>
    public TimeSpan Duration => EndedAt is { } end ? end - BeganAt : TimeSpan.Zero;
}
