namespace Weir;

/// <summary>
/// Says where in the primary a bucket lies. Partitions split the buckets of a tenant; each partition lies on one shard.
/// Shards fail apart: each has memory, outages and members of its own. Safe for concurrent use.
/// </summary>
public interface IShardMap
{
    /// <summary>The shards have become others.</summary>
    event Action? ShardsChanged;

    /// <summary>The numbers of the shards that are known; never empty. The same at all instances.</summary>
    IReadOnlyList<int> Shards { get; }

    /// <summary>
    /// The number of partitions of each tenant; 1 if all buckets of a tenant lie together, or it is not known yet.
    /// The same at all instances.
    /// </summary>
    int Partitions { get; }

    /// <summary>
    /// Returns the partition of a request's bucket, from 0. Limits with the same dimensions have the same partition.
    /// </summary>
    int PartitionOf(in RequestFacts facts, Limit limit);

    /// <summary>Returns the number of the shard that has a partition of a tenant.</summary>
    int ShardOf(string tenant, int partition);

    /// <summary>Returns a shard's name for logs and metrics; null for the only one.</summary>
    string? NameOf(int shard);
}
