namespace Weir.Redis;

/// <summary>
/// The number of partitions of each tenant: that of the settings, else by what the first node is that was asked. It
/// never changes once it is known, since another number moves buckets. Safe for concurrent use.
/// </summary>
/// <param name="configured">The number of the settings; null for none.</param>
internal sealed class PartitionCount(int? configured)
{
    private int _count = configured ?? 0;

    /// <summary>False until a node was asked, if the settings have no number.</summary>
    public bool IsKnown => Volatile.Read(ref _count) != 0;

    /// <summary>The number; 1 as long as it is not known.</summary>
    public int Value => Math.Max(1, Volatile.Read(ref _count));

    /// <summary>Learns what the Redis of the settings is.</summary>
    public void Learn(bool isCluster) =>
        Interlocked.CompareExchange(ref _count, isCluster ? RedisOptions.PartitionsOnCluster : 1, 0);
}
