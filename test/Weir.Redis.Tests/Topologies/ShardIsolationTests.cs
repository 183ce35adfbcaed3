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
        var (hung, _) = await shared.Cluster.ShardOfAsync(SlotOf(0));
        var others = new List<int>();
        for (int i = 0; i < Tenants; i++)
        {
            // Also finds the node of each slot.
            Assert.Equal(StoreFault.None, (await TakeAsync(store, i)).Fault);
            if ((await shared.Cluster.ShardOfAsync(SlotOf(i))).Master != hung)
                others.Add(i);
        }

        Task<BucketAnswer> waiting;
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
        Assert.InRange(others.Count, 1, Tenants - 1);
    }

    private static int SlotOf(int tenant) => RedisSlot.Of(System.Text.Encoding.UTF8.GetBytes($"weir:{{alone{tenant}}}:per-key"));

    private static Task<BucketAnswer> TakeAsync(RedisStore store, int tenant) => store.TakeAsync(Ledger.Request($"alone{tenant}", "key")).AsTask();
}
