using Weir.Testing;

namespace Weir.Redis.Tests.Topologies;

/// <summary>Each node of a cluster has a connection, a queue and deadlines of its own.</summary>
[Collection(nameof(OnOneCluster))]
public sealed class ShardIsolationTests(SharedCluster shared)
{
    private const int Tenants = 30;

    [Fact]
    public async Task L6_L9_A_node_that_hangs_delays_no_decision_of_another_node()
    {
        await using var store = new RedisStore(shared.Options(), TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        var (hung, others) = await SpreadAsync();
        // Also finds the node of each slot.
        for (int i = 0; i < Tenants; i++)
            Assert.Equal(StoreFault.None, (await TakeAsync(store, i)).Fault);

        Task<BucketResult> waiting;
        hung.Server.Pause();
        try
        {
            waiting = TakeAsync(store, 0);
            for (int i = 0; i < 200; i++)
                Assert.Equal(StoreFault.None, (await TakeAsync(store, others[i % others.Count])).Fault);
            Assert.False(waiting.IsCompleted);
        }
        finally
        {
            hung.Server.Resume();
        }

        Assert.Equal(StoreFault.None, (await waiting).Fault);
    }

    [Fact]
    public async Task L6_L9_A_node_that_hangs_is_left_alone_and_its_buckets_are_decided_from_memory_at_once_and_settled()
    {
        // Six takes are late before the node is left alone, and its connection is given up after 1.25 s.
        var options = shared.Options(deadline: TimeSpan.FromMilliseconds(120));
        await using var store = new RedisStore(options, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        await using var failover = new ShardedFailover(store, store, Some.Memory(TimeProvider.System), new BreakerOptions(), TimeProvider.System);
        var (hung, others) = await SpreadAsync();
        await Until.TrueAsync(async () => (await failover.CheckAsync(Request())).Source == DecisionSource.Redis, () => store.LastError ?? "late");

        var faults = new System.Collections.Concurrent.ConcurrentQueue<StoreFault>();
        failover.Faulted += faults.Enqueue;
        long taken = 0;
        hung.Server.Pause();
        try
        {
            // All of the traffic is that node's, and yet it is no outage of the others.
            await Until.TrueAsync(
                async () =>
                {
                    var pending = failover.Execute(new BucketCommand(Request(), BucketOperation.Take), out var answer);
                    if (pending is not null)
                    {
                        await pending.Arrival;
                        answer = pending.Take();
                    }

                    taken += answer.Outcome == BucketOutcome.Allowed ? 1 : 0;
                    return pending is null && answer.Degraded;
                },
                () => $"breaker {failover.State}");
            Assert.True(failover.Outages is [{ Shard: var shard }] && shard == hung.Server.Endpoint, string.Join(' ', faults.GroupBy(fault => fault).Select(some => $"{some.Key} {some.Count()}")) + store.LastError);
            Assert.Equal(2, failover.States.Count(state => state.State == BreakerState.Closed));
            foreach (int other in others)
                Assert.Equal(DecisionSource.Redis, (await failover.TakeAsync(Ledger.Request($"alone{other}", "key"))).Source);
        }
        finally
        {
            hung.Server.Resume();
        }

        await Until.TrueAsync(
            async () => (await failover.CheckAsync(Request())).Source == DecisionSource.Redis && failover.Owing == 0 && store.LateUndoing == 0,
            () => $"{failover.Owing} owe, {store.LateUndoing} are being undone: {store.LastError}");
        var state = (await store.CheckAsync(Request())).State;
        // On a busy machine the connection may be given up, and then nobody learns that the node executed the first take.
        int unknown = store.LastError?.Contains("TimedOut", StringComparison.Ordinal) == true ? 1 : 0;
        // A little has drained meanwhile.
        Assert.InRange((state.Spent + Ledger.Quota.Rate.UnitsPerToken - 1) / Ledger.Quota.Rate.UnitsPerToken, taken, taken + unknown);
        Assert.Empty(failover.Outages);
    }

    [Fact]
    public async Task L6_A_master_that_is_killed_and_started_again_before_its_replica_is_promoted_decides_again()
    {
        await using var redis = new RedisStore(shared.Options(deadline: TimeSpan.FromMilliseconds(200)), TimeProvider.System);
        Assert.True(await redis.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        await using var store = new ShardedFailover(redis, redis, Some.Memory(TimeProvider.System), new BreakerOptions(), TimeProvider.System);
        var (killed, others) = await SpreadAsync();
        await Until.TrueAsync(async () => !(await TakeAsync(store, 0)).Degraded, () => redis.LastError ?? "late");

        killed.Server.Kill();
        try
        {
            await Until.TrueAsync(
                async () => (await TakeAsync(store, 0)).Degraded && store.Outages is [{ Shard: var shard }] && shard == killed.Server.Endpoint,
                () => redis.LastError ?? "it answers");
            Assert.False((await TakeAsync(store, others[0])).Degraded);
        }
        finally
        {
            await killed.Server.RestartAsync();
        }

        await Until.TrueAsync(async () => !(await TakeAsync(store, 0)).Degraded, () => redis.LastError ?? "late");
        Assert.Equal(killed, (await shared.Cluster.ShardOfAsync(SlotOf(0))).Master);
    }

    /// <summary>The node of the first tenant, and tenants of other nodes.</summary>
    private async Task<(ClusterNode Hung, List<int> Others)> SpreadAsync()
    {
        var (hung, _) = await shared.Cluster.ShardOfAsync(SlotOf(0));
        var others = new List<int>();
        for (int i = 1; i < Tenants; i++)
        {
            if ((await shared.Cluster.ShardOfAsync(SlotOf(i))).Master != hung)
                others.Add(i);
        }

        Assert.NotEmpty(others);
        return (hung, others);
    }

    private static LimitSet Request() => Ledger.Request("alone0", "settled");

    private static int SlotOf(int tenant) => RedisSlot.Of(System.Text.Encoding.UTF8.GetBytes($"weir:{{alone{tenant}}}:per-key"));

    private static Task<BucketResult> TakeAsync(IBucketStore store, int tenant) => store.TakeAsync(Ledger.Request($"alone{tenant}", "key")).AsTask();
}
