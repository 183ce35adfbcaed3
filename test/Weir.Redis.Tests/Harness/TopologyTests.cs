using Weir.Testing;

namespace Weir.Redis.Tests.Harness;

/// <summary>The clusters and Sentinels that other tests rely on are what they claim to be.</summary>
public sealed class TopologyTests
{
    [Fact]
    public async Task A_cluster_has_three_masters_with_a_replica_each()
    {
        await using var cluster = await RedisCluster.StartAsync();

        var shards = new HashSet<(ClusterNode, ClusterNode)>();
        for (int slot = 0; slot < 16_384; slot += 1_024)
            shards.Add(await cluster.ShardOfAsync(slot));

        Assert.Equal(3, shards.Count);
        Assert.Equal(cluster.Nodes.ToHashSet(), shards.SelectMany(shard => (ClusterNode[])[shard.Item1, shard.Item2]).ToHashSet());
    }

    [Fact]
    public async Task Sentinels_promote_the_replica_of_a_master_that_is_gone()
    {
        await using var trio = await SentinelTrio.StartAsync();
        await trio.UntilMasterIsAsync(trio.First);
        await trio.NoticeSoonAsync();

        trio.First.Kill();

        await trio.UntilMasterIsAsync(trio.Second);
    }

    [Fact]
    public async Task A_server_with_TLS_speaks_nothing_else()
    {
        using var tls = new TestCertificates();
        await using var server = await TestRedis.StartTlsAsync(tls);

        Assert.Equal("PONG", await server.CommandAsync("PING"));
        await Assert.ThrowsAnyAsync<Exception>(() => RespCommand.SendAsync(server.Port, null, null, ["PING"]));
    }
}
