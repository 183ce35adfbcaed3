namespace Weir;

// A shard of the primary, as one member knows it. Instances: their number at all shards; null for Peers' count. An
// instance that starts while the shard is away knows its peers from the other shards.
internal sealed record ShardMembers(int Shard, IPeers Peers, Func<int>? Instances);
