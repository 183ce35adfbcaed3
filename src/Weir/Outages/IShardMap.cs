namespace Weir;

/// <summary>Maps buckets to partitions of a tenant, and partitions to shards. Safe for concurrent use.</summary>
/// <remarks>Each shard has its own outages and membership. All instances must use the same map.</remarks>
public interface IShardMap
{
    /// <summary>Raised after the set of shards has changed.</summary>
    event Action? ShardsChanged;

    /// <summary>Numbers of the known shards; never empty.</summary>
    IReadOnlyList<int> Shards { get; }

    /// <summary>Number of partitions per tenant; 1 if a tenant's buckets share one shard, or if unknown.</summary>
    int Partitions { get; }

    /// <summary>Returns a bucket's partition, from 0. Limits with the same dimensions share a partition.</summary>
    int PartitionOf(in RequestFacts facts, Limit limit);

    /// <summary>Returns the shard of a tenant's partition.</summary>
    int ShardOf(string tenant, int partition);

    /// <summary>Returns a shard's name for logs and metrics; null for the only shard or an unknown one.</summary>
    string? NameOf(int shard);
}
