namespace Weir;

/// <summary>Maps buckets to partitions of a tenant, and partitions to shards. Safe for concurrent use.</summary>
/// <remarks>Each shard has its own memory, outages and members. All instances must use the same map.</remarks>
public interface IShardMap
{
    /// <summary>Raised after a change of the shards.</summary>
    event Action? ShardsChanged;

    /// <summary>Numbers of the known shards; never empty.</summary>
    IReadOnlyList<int> Shards { get; }

    /// <summary>Partitions per tenant; 1 if all buckets of a tenant share one shard, or if still unknown.</summary>
    int Partitions { get; }

    /// <summary>Returns a bucket's partition, from 0. Limits with the same dimensions share a partition.</summary>
    int PartitionOf(in RequestFacts facts, Limit limit);

    /// <summary>Returns the shard of a tenant's partition.</summary>
    int ShardOf(string tenant, int partition);

    /// <summary>Returns a shard's name for logs and metrics; null for the only one.</summary>
    string? NameOf(int shard);
}
