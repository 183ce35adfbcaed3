using System.Text.RegularExpressions;
using Weir.Testing;

namespace Weir.Redis.Tests.Topologies;

/// <summary>How decisions come to the shards of a cluster.</summary>
[Collection(nameof(OnOneCluster))]
public sealed partial class ClusterSpreadTests(SharedCluster shared)
{
    private const int Tenants = 40;
    private const int Crowd = 2_000;

    [Fact]
    public async Task A_crowd_of_many_tenants_is_decided_by_all_shards_in_fewer_calls_than_decisions()
    {
        await using var store = new RedisStore(shared.Options(), TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        // The first batch of all finds out that this is a cluster.
        await AskAsync(store, "first");
        var before = await CallsAsync();

        var answers = await AskAsync(store, "spread");

        Assert.All(answers, answer => Assert.Equal((StoreFault.None, BucketOutcome.Allowed), (answer.Fault, answer.Outcome)));
        var calls = (await CallsAsync()).Zip(before, (after, first) => after - first).ToArray();
        Assert.Equal(3, calls.Count(count => count > 0));
        Assert.InRange(calls.Sum(), 3, Crowd / 2);
    }

    [Fact]
    public async Task All_keys_of_a_tenant_lie_in_one_slot()
    {
        await using var store = new RedisStore(shared.Options(), TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));

        for (int i = 0; i < 20; i++)
            Assert.Equal(StoreFault.None, (await store.TakeAsync(Ledger.Request("together", $"key{i}"))).Fault);

        int slot = RedisSlot.Of("weir:{together}:per-key"u8);
        var (master, _) = await shared.Cluster.ShardOfAsync(slot);
        Assert.Equal("20", await master.CommandAsync("CLUSTER", "COUNTKEYSINSLOT", $"{slot}"));
    }

    private static Task<BucketResult[]> AskAsync(RedisStore store, string name) =>
        Task.WhenAll(Enumerable.Range(0, Crowd).Select(i => store.TakeAsync(Ledger.Request($"{name}{i % Tenants}", $"key{i}")).AsTask()));

    /// <summary>How many script calls each node has run so far.</summary>
    private Task<int[]> CallsAsync() => Task.WhenAll(shared.Cluster.Nodes.Select(async node =>
        ScriptCalls().Matches(await node.CommandAsync("INFO", "commandstats")).Sum(match => int.Parse(match.Groups[1].ValueSpan, null))));

    [GeneratedRegex(@"cmdstat_eval(?:sha)?:calls=(\d+)")]
    private static partial Regex ScriptCalls();
}
