namespace Weir;

// A shard of the primary and its peers. Instances returns the number of instances at all shards: an instance that
// starts while the shard is away knows its peers from other shards. A null Instances stands for the count of Peers.
internal sealed record ShardMembers(int Shard, IPeers Peers, Func<int>? Instances);
