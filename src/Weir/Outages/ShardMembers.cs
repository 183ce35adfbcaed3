namespace Weir;

// A shard of the primary and its peers. Instances counts the instances at all shards; null: those of Peers. An instance
// that starts while the shard is away knows its peers from other shards.
internal sealed record ShardMembers(int Shard, IPeers Peers, Func<int>? Instances);
