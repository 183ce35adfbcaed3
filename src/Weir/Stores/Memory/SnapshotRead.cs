namespace Weir;

/// <summary>How reading a snapshot ended.</summary>
/// <param name="Buckets">Buckets restored.</param>
/// <param name="Permits">Permits restored.</param>
/// <param name="Records">Reservations and idempotency records restored.</param>
/// <param name="Dropped">Buckets, permits and records that found no room, because the store is now smaller.</param>
/// <param name="Fault">Why nothing was restored, or null.</param>
public sealed record SnapshotRead(int Buckets, int Permits, int Records, int Dropped, string? Fault)
{
    /// <summary>The file that a damaged snapshot was moved to, or null.</summary>
    public string? MovedTo { get; init; }

    internal static SnapshotRead Failed(string fault) => new(0, 0, 0, 0, fault);
}
