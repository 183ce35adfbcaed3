namespace Weir;

/// <summary>Result of reading a snapshot: numbers of restored and dropped entries, and the fault or null.</summary>
public sealed record SnapshotRead(int Buckets, int Permits, int Records, int Dropped, string? Fault)
{
    /// <summary>New path of a damaged snapshot; null if it was not moved.</summary>
    public string? MovedTo { get; init; }

    internal static SnapshotRead Failed(string fault) => new(0, 0, 0, 0, fault);
}
