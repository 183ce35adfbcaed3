using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Outages;

/// <summary>A primary of several shards, of which one fails: tenant <c>a</c> lies in shard 7, all others in shard 0.</summary>
public sealed class ShardedFailoverTests : IAsyncDisposable
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 100);

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly FakeMap _map = new();
    private readonly Dictionary<int, FakePeers> _peers = [];
    private readonly ShardedStore _redis;
    private readonly ShardedFailover _store;
    private readonly List<string> _edges = [];

    public ShardedFailoverTests()
    {
        _redis = new ShardedStore(_map, _time);
        _store = new ShardedFailover(_redis, _map, Some.Memory(_time), new BreakerOptions(), _time, Join);
        _store.OutageBegan += outage => _edges.Add($"{outage.Shard} began");
        _store.OutageEnded += outage => _edges.Add($"{outage.Shard} ended");
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private IPeers Join(int shard) => (_peers[shard] = new FakePeers(_time)).Join();

    private BucketResult Take(string tenant) => _store.TakeAsync(Some.Request("key", 1, tenant, Slow)).Result;

    private void Break(int shard)
    {
        _redis[shard].Fault = StoreFault.Late;
        for (int i = 0; i < 5; i++)
        {
            Take(shard == 7 ? "a" : "b");
            _time.Advance(TimeSpan.FromMilliseconds(20));
        }
    }

    private async Task MendAsync(int shard)
    {
        _redis[shard].Fault = StoreFault.None;
        await Until.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(250));
                return !_store.Outages.Any(outage => outage.Shard == $"node-{shard}");
            },
            () => "the outage does not end");
    }

    [Fact]
    public async Task L6_An_outage_of_one_shard_is_none_of_another()
    {
        Break(7);
        int asked = _redis[7].Asked;

        Assert.True(Take("a").Degraded);
        Assert.Equal(asked, _redis[7].Asked);
        Assert.False(Take("b").Degraded);
        Assert.Equal((BreakerState.Open, DecisionSource.Redis), (_store.State, _store.Source));
        Assert.Equal("node-7", Assert.Single(_store.Outages).Shard);
        Assert.Equal([("node-0", BreakerState.Closed), ("node-7", BreakerState.Open)], _store.States);

        await MendAsync(7);
        Assert.False(Take("a").Degraded);
        Assert.Equal(["node-7 began", "node-7 ended"], _edges);
        Assert.Equal(BreakerState.Closed, _store.State);
    }

    [Fact]
    public async Task L6_If_all_shards_are_away_memory_decides_and_one_that_is_back_decides_again()
    {
        Break(7);
        Break(0);
        Assert.Equal(DecisionSource.Memory, _store.Source);
        Assert.Equal(["node-7", "node-0"], _store.Outages.Select(outage => outage.Shard));

        await MendAsync(0);
        Assert.Equal(DecisionSource.Redis, _store.Source);
        Assert.False(Take("b").Degraded);
        Assert.True(Take("a").Degraded);
    }

    [Fact]
    public async Task L7_A_shard_that_lost_its_memory_is_told_what_was_spent_there_and_no_other_shard_is()
    {
        for (int i = 0; i < 4; i++)
            (_, _) = (Take("a"), Take("b"));
        Break(7);
        _redis[7].Forget();
        var told = new List<string>();
        _redis.Seen = command =>
        {
            if (command.What == BucketOperation.Restore)
                told.Add(command.Limits.Facts.Tenant);
        };
        _peers[7].IsForgetful = true;

        await MendAsync(7);

        Assert.Equal(["a"], told);
        await Until.TrueAsync(() => _store.Owing == 0, () => $"{_store.Owing} owe");
        Assert.Equal(5, Math.Ceiling(Take("b").State.Spent / (double)Slow.Rate.UnitsPerToken));
    }

    [Fact]
    public void L7_An_instance_that_hears_of_others_at_another_shard_takes_no_larger_share()
    {
        _peers[0].Join();
        _peers[0].Join();
        Assert.Equal(3, _store.Instances);

        // Nobody was heard of at the shard that is away.
        Break(7);
        Assert.Equal(3, Take("a").Share.Instances);
    }

    [Fact]
    public void A_shard_that_is_new_is_joined_before_anybody_asks_for_it()
    {
        _map.Add(9);
        Assert.Equal([0, 7, 9], _peers.Keys.Order());
    }

    [Fact]
    public void L6_A_tenant_of_a_shard_that_nobody_has_named_is_decided()
    {
        _map.Unnamed = 11;
        Assert.False(Take("unnamed").Degraded);
        Assert.Contains(11, _peers.Keys);
    }

    private sealed class FakeMap : IShardMap
    {
        private int[] _shards = [0, 7];

        public event Action? ShardsChanged;

        public int Unnamed { get; set; }

        public IReadOnlyList<int> Shards => _shards;

        public void Add(int shard)
        {
            _shards = [.. _shards, shard];
            ShardsChanged?.Invoke();
        }

        public int Partitions => 1;

        public int PartitionOf(in RequestFacts facts, Limit limit) => 0;

        public int ShardOf(string tenant, int partition) => tenant switch
        {
            "a" or "~7" => 7,
            "unnamed" => Unnamed,
            _ => 0,
        };

        public string? NameOf(int shard) => $"node-{shard}";
    }

    /// <summary>A store for each shard.</summary>
    private sealed class ShardedStore(FakeMap map, TimeProvider time) : IBucketStore
    {
        private readonly Dictionary<int, FakeStore> _shards = [];

        public DecisionSource Source => DecisionSource.Redis;

        public Action<BucketCommand> Seen { get; set; } = _ => { };

        public FakeStore this[int shard] => _shards.TryGetValue(shard, out var known) ? known : _shards[shard] = new FakeStore(time);

        public PendingResult? Execute(in BucketCommand command, out BucketResult result)
        {
            Seen(command);
            return this[map.ShardOf(command.Limits.Facts.Tenant, 0)].Execute(command, out result);
        }

        public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
            this[map.ShardOf(tenant, 0)].RecallAsync(tenant, id, cancellation);
    }
}
