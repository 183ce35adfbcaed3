namespace Weir;

/// <summary>Result of reading a snapshot: restored and dropped numbers, and a fault or null.</summary>
public sealed record SnapshotRead(int Buckets, int Permits, int Records, int Dropped, string? Fault)
{
    /// <summary>New place of a damaged snapshot, or null.</summary>
    public string? MovedTo { get; init; }

    internal static SnapshotRead Failed(string fault) => new(0, 0, 0, 0, fault);
}
