namespace Weir.Redis;

/// <summary>Number of partitions per tenant; fixed once known, because a change moves buckets. Thread-safe.</summary>
internal sealed class PartitionCount(int? configured)
{
    private int _count = configured ?? 0;

    public bool IsKnown => Volatile.Read(ref _count) != 0;

    /// <summary>The number of partitions; 1 while it is unknown.</summary>
    public int Value => Math.Max(1, Volatile.Read(ref _count));

    public void Learn(bool isCluster) =>
        Interlocked.CompareExchange(ref _count, isCluster ? RedisOptions.PartitionsOnCluster : 1, 0);
}
