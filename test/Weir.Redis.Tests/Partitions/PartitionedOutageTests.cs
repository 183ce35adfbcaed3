using Weir.Redis.Tests.Topologies;
using Weir.Testing;

namespace Weir.Redis.Tests.Partitions;

/// <summary>One tenant over three nodes of which one does not answer.</summary>
[Collection(nameof(OnOneCluster))]
public sealed class PartitionedOutageTests(SharedCluster shared)
{
    private readonly string _tenant = $"away{Guid.NewGuid():N}"[..12];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task L6_L7_A_node_that_is_away_costs_the_tenant_its_own_partitions_only(bool isKilled)
    {
        await using var one = await Split.OpenAsync(shared, deadline: TimeSpan.FromMilliseconds(400));
        var (away, there, node) = await KeysAsync(one);
        foreach (string key in away.Concat(there))
            Assert.Equal(DecisionSource.Redis, (await one.Limiter.TakeAsync(Split.Request(_tenant, key))).Source);
        if (isKilled)
            node.Server.Kill();
        else
            node.Server.Pause();
        int asked = 0, degraded = 0;
        try
        {
            await Until.TrueAsync(
                async () =>
                {
                    degraded += await TakeAsync(one, there) ? 1 : 0;
                    asked++;
                    return (await one.Limiter.CheckAsync(Split.Request(_tenant, away[0]))).Degraded
                        && one.Failover.Outages is [{ Shard: var shard }] && shard == node.Server.Endpoint;
                },
                () => $"{one.Failover.State} {one.Redis.LastError}");
            for (int i = 0; i < 20; i++)
            {
                degraded += await TakeAsync(one, there) ? 1 : 0;
                asked++;
                Assert.True(await TakeAsync(one, away));
            }
        }
        finally
        {
            if (isKilled)
                await node.Server.RestartAsync();
            else
                node.Server.Resume();
        }

        // On a busy machine a decision may be late.
        Assert.True(degraded <= asked / 2, $"memory decided {degraded} of {asked} rounds of partitions that were there");
        await Until.TrueAsync(async () => !await TakeAsync(one, away), () => one.Redis.LastError ?? "late");
    }

    [Fact]
    public async Task L2_L7_What_memory_took_for_a_partition_that_is_away_is_given_back_if_another_one_refuses()
    {
        await using var one = await Split.OpenAsync(shared, deadline: TimeSpan.FromMilliseconds(400));
        var (away, there, node) = await KeysAsync(one);
        string ip = Enumerable.Range(0, 1_000).Select(i => $"5.5.{i / 200}.{i % 200}").First(ip => NodeOf(one, Split.Request(_tenant, "k", ip), "per-ip") != node.Server.Endpoint);
        for (int i = 0; i < Split.PerIpCapacity; i++)
            Assert.True((await one.Limiter.TakeAsync(Split.Request(_tenant, there[0], ip))).Allowed);
        Assert.True((await one.Limiter.TakeAsync(Split.Request(_tenant, away[0]))).Allowed);
        node.Server.Pause();
        try
        {
            await Until.TrueAsync(
                async () => (await one.Limiter.CheckAsync(Split.Request(_tenant, away[0]))).Degraded && one.Failover.Outages.Count == 1, () => "no outage");
            for (int i = 0; i < 10; i++)
            {
                var refused = await one.Limiter.TakeAsync(Split.Request(_tenant, away[0], ip));
                Assert.Equal((false, "per-ip", true), (refused.Allowed, refused.Limit!.Name, refused.Degraded));
            }

            var decision = await one.Limiter.TakeAsync(Split.Request(_tenant, away[0]));
            Assert.Equal((true, 998), (decision.Allowed, decision.Remaining));
        }
        finally
        {
            node.Server.Resume();
        }

        await Until.TrueAsync(async () => await one.Limiter.CheckAsync(Split.Request(_tenant, away[0], cost: 0)) is { Degraded: false } && one.Failover.Owing == 0, () => "not back");
        await one.SettledAsync();
        // A check that a paused node executes late takes nothing.
        Assert.Equal(998, (await one.LeftAsync(Split.Request(_tenant, away[0])))["per-key"]);
    }

    /// <summary>Takes one of each key. True if memory decided any.</summary>
    private async Task<bool> TakeAsync(Split one, string[] keys)
    {
        bool isDegraded = false;
        foreach (string key in keys)
        {
            var decision = await one.Limiter.TakeAsync(Split.Request(_tenant, key));
            Assert.True(decision.Allowed);
            isDegraded |= decision.Degraded;
        }

        return isDegraded;
    }

    /// <summary>Keys of a node, keys of the others, and the node.</summary>
    private async Task<(string[] Away, string[] There, ClusterNode Node)> KeysAsync(Split one)
    {
        string[] keys = [.. Enumerable.Range(0, 60).Select(i => $"key{i}")];
        var (master, _) = await shared.Cluster.ShardOfAsync(1);
        var byNode = keys.ToLookup(key => NodeOf(one, Split.Request(_tenant, key), "per-key") == master.Server.Endpoint);
        return ([.. byNode[true].Take(3)], [.. byNode[false].Take(6)], master);
    }

    private static string? NodeOf(Split one, RequestFacts facts, string limit)
    {
        var found = Split.Plan.Limits.First(candidate => candidate.Name == limit);
        return one.Redis.NameOf(one.Redis.ShardOf(facts.Tenant, one.Redis.PartitionOf(facts, found)));
    }
}
