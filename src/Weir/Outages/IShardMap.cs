namespace Weir;

/// <summary>
/// Which shard of the primary has a tenant's buckets. Shards fail apart: each has memory, outages and members of its own.
/// Safe for concurrent use.
/// </summary>
public interface IShardMap
{
    /// <summary>The shards have become others.</summary>
    event Action? ShardsChanged;

    /// <summary>The numbers of the shards that are known; never empty. The same at all instances.</summary>
    IReadOnlyList<int> Shards { get; }

    /// <summary>Returns the number of the shard that has a tenant's buckets.</summary>
    int ShardOf(string tenant);

    /// <summary>Returns a shard's name for logs and metrics; null for the only one.</summary>
    string? NameOf(int shard);
}
