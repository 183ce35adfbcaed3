using System.Text;
using Weir.Testing;

namespace Weir.Redis.Tests.Topologies;

/// <summary>
/// Two instances over a cluster of which nodes hang, die and come back empty. Membership, recovery and the notice of
/// lost memory are each shard's own, so a node costs the other nodes' buckets nothing, whichever node it is.
/// </summary>
[Collection(nameof(OnOneCluster))]
public sealed class ShardOutageTests(SharedCluster shared) : IAsyncLifetime
{
    private const int Slots = 16_384;
    private const int Nodes = 3;

    private readonly string _name = $"out{Guid.NewGuid():N}"[..12];
    private readonly List<Member> _members = [];
    private readonly ClusterNode[] _nodes = new ClusterNode[Nodes];

    /// <summary>Takes that Redis was to decide, and those that memory decided instead.</summary>
    private int _asked, _degraded;

    private sealed record Member(RedisStore Redis, ShardedFailover Store, Dictionary<int, RedisPeers> Peers);

    /// <summary>Joins two instances, and has each bucket hold something.</summary>
    public async ValueTask InitializeAsync()
    {
        for (int node = 0; node < Nodes; node++)
            _nodes[node] = (await shared.Cluster.ShardOfAsync((node * Slots / Nodes) + 1)).Master;
        for (int i = 0; i < 2; i++)
            _members.Add(await JoinAsync());
        await Until.TrueAsync(
            () => _members.TrueForAll(member => member.Peers.Count == Nodes && member.Peers.Values.All(peers => peers.Count == 2)),
            () => "some are not heard of");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
        {
            await member.Store.DisposeAsync();
            await member.Redis.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public async Task L6_L7_A_node_that_is_away_costs_the_buckets_of_the_others_nothing_whichever_it_is(int away, bool isKilled)
    {
        int other = (away + 1) % Nodes, recovering = (away + 2) % Nodes;
        long[] spent = new long[Nodes];
        await TakeAsync([0, 1, 2], spent, times: 3);

        await StopAsync(away, isKilled);
        try
        {
            await UntilAloneAsync(away, spent);
            // Another node has an outage of its own, which begins and ends meanwhile.
            _nodes[recovering].Server.Pause();
            try
            {
                await UntilAloneAsync(recovering, spent);
            }
            finally
            {
                _nodes[recovering].Server.Resume();
            }

            await UntilRedisDecidesAsync(recovering, spent);
            await TakeAsync([other, recovering], spent, times: 20);
            await Until.TrueAsync(
                () => _members.TrueForAll(member => member.Store.Outages is [{ Shard: var shard }] && shard == _nodes[away].Server.Endpoint),
                () => string.Join(' ', _members.SelectMany(member => member.Store.Outages)));
        }
        finally
        {
            await StartAsync(away, isKilled);
        }

        await UntilAsync(away, spent, byRedis: true, meanwhile: [other, recovering]);
        // On a busy machine a decision may be late.
        Assert.True(_degraded <= _asked / 2, $"memory decided {_degraded} of {_asked} takes of nodes that were there");
        await AssertHeldAsync(spent, paused: isKilled ? [recovering] : [recovering, away]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task L7_A_node_that_comes_back_empty_is_told_what_was_spent_and_the_others_are_not_told_twice(int emptied)
    {
        long[] spent = new long[Nodes];
        await TakeAsync([0, 1, 2], spent, times: 5);
        // Nobody asks for its buckets: the heartbeats notice.
        await StopAsync(emptied, isKilled: true);
        try
        {
            await Until.TrueAsync(() => _members.TrueForAll(member => PeersOf(member, emptied).IsInDoubt), () => "somebody has not noticed");
        }
        finally
        {
            await StartAsync(emptied, isKilled: true);
        }

        await Until.TrueAsync(
            () => _members.TrueForAll(member => !PeersOf(member, emptied).IsInDoubt && member.Store is { State: BreakerState.Closed, Owing: 0 }),
            () => string.Join(' ', _members.Select(member => $"{member.Store.State} {member.Store.Owing}")));

        await AssertHeldAsync(spent, paused: []);
        await TakeAsync([0, 1, 2], spent, times: 2);
        await AssertHeldAsync(spent, paused: []);
    }

    [Fact]
    public async Task L6_Of_a_cluster_that_was_away_the_nodes_that_are_back_decide_though_one_is_not()
    {
        long[] spent = new long[Nodes];
        await TakeAsync([0, 1, 2], spent, times: 3);
        foreach (var node in _nodes)
            node.Server.Pause();
        try
        {
            for (int node = 0; node < Nodes; node++)
                await UntilAloneAsync(node, spent);
            Assert.All(_members, member => Assert.Equal(DecisionSource.Memory, member.Store.Source));
            _nodes[1].Server.Resume();
            _nodes[2].Server.Resume();

            await UntilRedisDecidesAsync(1, spent);
            await UntilRedisDecidesAsync(2, spent);
            Assert.All(_members, member => Assert.Equal(DecisionSource.Redis, member.Store.Source));
        }
        finally
        {
            foreach (var node in _nodes)
                node.Server.Resume();
        }

        await UntilRedisDecidesAsync(0, spent);
        await AssertHeldAsync(spent, paused: [0, 1, 2]);
    }

    private async Task<Member> JoinAsync()
    {
        var options = shared.Options(deadline: TimeSpan.FromMilliseconds(400));
        options.LeaseHorizon = TimeSpan.Zero;
        var redis = new RedisStore(options, TimeProvider.System);
        Assert.True(await redis.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        var peers = new Dictionary<int, RedisPeers>();
        var store = new ShardedFailover(
            redis, redis, Some.Memory(TimeProvider.System), new BreakerOptions(), TimeProvider.System,
            shard => peers[shard] = new RedisPeers(redis, TimeProvider.System, shard));
        return new Member(redis, store, peers);
    }

    private static RedisPeers PeersOf(Member member, string tenant) => member.Peers[member.Redis.ShardOf(tenant, 0)];

    private RedisPeers PeersOf(Member member, int node) => PeersOf(member, TenantOf(node));

    /// <summary>A tenant whose buckets lie at a node.</summary>
    private string TenantOf(int node) => Enumerable.Range(0, 1_000).Select(i => $"{_name}{i}").First(
        tenant => RedisSlot.Of(Encoding.UTF8.GetBytes(tenant)) * Nodes / Slots == node);

    private LimitSet Request(int node) => Ledger.Request(TenantOf(node), "key");

    private async Task StopAsync(int node, bool isKilled)
    {
        await Until.TrueAsync(
            () => _members.TrueForAll(member => member.Store.Owing == 0 && member.Redis.LateUndoing == 0), () => "not settled before");
        if (isKilled)
            _nodes[node].Server.Kill();
        else
            _nodes[node].Server.Pause();
    }

    /// <summary>A node that was killed starts empty, and its replica follows it in that.</summary>
    private async Task StartAsync(int node, bool isKilled)
    {
        if (isKilled)
            await _nodes[node].Server.RestartAsync();
        else
            _nodes[node].Server.Resume();
    }

    private Task UntilAloneAsync(int node, long[] spent) => UntilAsync(node, spent, byRedis: false, meanwhile: []);

    private Task UntilRedisDecidesAsync(int node, long[] spent) => UntilAsync(node, spent, byRedis: true, meanwhile: []);

    /// <summary>
    /// Takes until each instance has Redis, or memory, decide at once, while Redis decides the buckets of other nodes.
    /// </summary>
    private async Task UntilAsync(int node, long[] spent, bool byRedis, int[] meanwhile)
    {
        foreach (var member in _members)
        {
            await Until.TrueAsync(
                async () =>
                {
                    await TakeAsync(meanwhile, spent, times: 1);
                    var answer = await member.Store.TakeAsync(Request(node));
                    spent[node] += answer.Outcome == BucketOutcome.Allowed ? 1 : 0;
                    bool isOut = member.Store.Outages.Any(outage => outage.Shard == _nodes[node].Server.Endpoint);
                    return answer.Degraded != byRedis && isOut != byRedis;
                },
                () => $"{member.Store.State} {member.Redis.LastError}");
        }
    }

    private async Task TakeAsync(int[] nodes, long[] spent, int times)
    {
        for (int i = 0; i < times; i++)
        {
            foreach (int node in nodes)
            {
                foreach (var member in _members)
                {
                    var answer = await member.Store.TakeAsync(Request(node));
                    Assert.Equal(BucketOutcome.Allowed, answer.Outcome);
                    spent[node]++;
                    _asked++;
                    _degraded += answer.Degraded ? 1 : 0;
                }
            }
        }
    }

    /// <summary>
    /// Redis holds what was allowed: nothing is swallowed, and nothing charged twice. A paused node executes in the end
    /// the one take that each instance had sent to it, and nobody knows if the connection was given up before.
    /// </summary>
    private async Task AssertHeldAsync(long[] spent, int[] paused)
    {
        await Until.TrueAsync(
            () => _members.TrueForAll(member => member.Store.Owing == 0 && member.Redis.LateUndoing == 0 && member.Store.State == BreakerState.Closed),
            () => string.Join(' ', _members.Select(member => $"{member.Store.State} {member.Store.Owing} {member.Redis.LateUndoing}")));
        for (int node = 0; node < Nodes; node++)
        {
            int unknown = paused.Contains(node) ? _members.Count : 0;
            Assert.InRange(await Ledger.SpentAsync(_members[0].Redis, TenantOf(node), "key"), spent[node], spent[node] + unknown);
        }
    }
}
