namespace Weir;

/// <summary>A shard of the primary, as one of its members knows it.</summary>
/// <param name="Shard">The number of the shard.</param>
/// <param name="Peers">The instances that share its buckets.</param>
/// <param name="Instances">
/// How many instances there are at all shards; null to believe <paramref name="Peers"/>. An instance that starts while
/// the shard is away knows its peers from the other shards.
/// </param>
internal sealed record ShardMembers(int Shard, IPeers Peers, Func<int>? Instances);
