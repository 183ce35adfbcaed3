using Weir.Redis.Tests.Faults;
using Weir.Testing;

namespace Weir.Redis.Tests.Topologies;

/// <summary>Sentinels say who the master is, and make another one when it is gone. The endpoints are theirs, and name what they watch over.</summary>
public sealed class SentinelTests
{
    [Theory]
    [InlineData]
    [InlineData("--requirepass", "secret", "--masterauth", "secret")]
    public async Task L1_L6_A_master_that_is_killed_is_followed_by_the_one_that_is_promoted(params string[] arguments)
    {
        await using var trio = await SentinelTrio.StartAsync(arguments);
        var options = new RedisOptions { Endpoints = trio.Endpoints, Password = arguments.Length > 0 ? "secret" : null, Deadline = StoreUnderLoad.Deadline };
        await using var load = new StoreUnderLoad(options, i => Ledger.Request("watched", $"key{i % 50}"));
        await load.UntilRedisDecidesAsync();
        await load.ListenAsync(300);
        int before = load.OutagesBegan;
        await trio.NoticeSoonAsync();

        trio.First.Kill();
        await load.UntilOutageAsync();
        await trio.UntilMasterIsAsync(trio.Second);
        await load.UntilRedisDecidesAsync();
        await load.ListenAsync(300);

        await load.StopAsync();
        Assert.Equal((before + 1, before + 1), (load.OutagesBegan, load.OutagesEnded));
        Assert.All(load.Answers, seen =>
        {
            Assert.Equal(StoreFault.None, seen.Answer.Fault);
            Assert.InRange(seen.Took, TimeSpan.Zero, StoreUnderLoad.Latest);
        });
        Assert.NotEqual("0", await trio.Second.CommandAsync("DBSIZE"));
    }

    [Fact]
    public async Task L6_A_failover_by_hand_is_followed()
    {
        await using var trio = await SentinelTrio.StartAsync();
        var options = new RedisOptions { Endpoints = trio.Endpoints, Deadline = StoreUnderLoad.Deadline };
        await using var load = new StoreUnderLoad(options, i => Ledger.Request("watched", $"key{i % 50}"));
        await load.UntilRedisDecidesAsync();
        await load.ListenAsync(300);

        await trio.Sentinels[0].CommandAsync("SENTINEL", "FAILOVER", SentinelTrio.Service);
        await trio.UntilMasterIsAsync(trio.Second);
        await load.UntilRedisDecidesAsync();
        int already = load.Answers.Count;
        await load.ListenAsync(300);

        await load.StopAsync();
        Assert.All(load.Answers, seen => Assert.Equal(StoreFault.None, seen.Answer.Fault));
        Assert.Contains(load.Answers.Skip(already), Ledger.IsAllowedByRedis);
    }

    [Fact]
    public async Task L6_L10_Sentinels_and_a_master_that_come_after_the_store_are_found_and_nothing_piles_up_meanwhile()
    {
        await using var trio = await SentinelTrio.StartAsync();
        foreach (var server in (RedisServer[])[trio.First, trio.Second, .. trio.Sentinels])
            server.Kill();
        await using var store = new RedisStore(new RedisOptions { Endpoints = trio.Endpoints }, TimeProvider.System);
        Assert.False(await store.WaitUntilConnectedAsync(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken));

        foreach (var sentinel in trio.Sentinels)
            await sentinel.RestartAsync();
        Assert.False(await store.WaitUntilConnectedAsync(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken));
        foreach (var sentinel in trio.Sentinels)
        {
            string clients = await sentinel.CommandAsync("CLIENT", "LIST");
            Assert.InRange(clients.Split('\n').Count(line => line.Contains("name=weir", StringComparison.Ordinal)), 0, 2);
        }

        await trio.First.RestartAsync();
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken), store.LastError);
        await Until.TrueAsync(async () => (await store.TakeAsync(Some.Request())).Fault == StoreFault.None, () => store.LastError ?? "no answer");
    }
}
