using System.Text.RegularExpressions;
using StackExchange.Redis;
using Weir.Redis.Tests.Faults;
using Weir.Testing;

namespace Weir.Redis.Tests.Topologies;

/// <summary>
/// The user of <c>docs/redis.md</c>: the laws of stores hold for it (<c>StoreLawsAsTheLeastUser</c>), it is refused nothing that Weir does, and all else.
/// </summary>
public sealed partial class AclTests
{
    [Fact]
    public async Task It_is_refused_nothing_that_Weir_does()
    {
        await using var server = await StartAsync();
        await using var store = new RedisStore(OptionsOf(server.Endpoint), TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken), store.LastError);
        await using var guest = new RedisStore(store, "weir:candidate");
        var live = new RedisLiveStore(OptionsOf(server.Endpoint), store.Connection, TimeProvider.System);
        var told = new TaskCompletionSource();
        live.Changed += () => told.TrySetResult();

        Assert.Equal(StoreFault.None, (await store.TakeAsync(Some.Request())).Fault);
        Assert.NotNull((await live.ReadAsync(LiveVersion.Unknown))!.Loss);
        await live.AcceptLossAsync();
        var first = (await live.ReadAsync(LiveVersion.Unknown))!.Version;
        Assert.Equal(LiveOutcome.Written, (await live.WriteAsync("tenant", "acme", "text", "test", null, first)).Outcome);
        await told.Task.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);
        for (int i = 0; i <= LiveBounds.MaxChanges; i++)
            await live.WriteAsync("tenant", $"{i % 2}", i % 3 == 0 ? null : $"{i}", "test", null, first);
        Assert.NotNull(await live.AuditAsync(long.MaxValue, 10));
        Assert.NotEmpty((await live.ReadAsync(first with { Number = 999 }))!.Entries);
        var known = (await live.ReadAsync(LiveVersion.Unknown))!;
        Assert.NotEmpty(known.Entries);
        await live.RecallAsync(1);
        var next = known.Version with { Number = known.Version.Number + 1 };
        Assert.True(await live.RestoreAsync(known with { Version = next }));
        Assert.Equal(next, (await live.ReadAsync(LiveVersion.Unknown))!.Version);
        await Until.TrueAsync(async () => (await guest.TakeAsync(Some.Request())).Fault == StoreFault.None, () => "the guest was not decided for");

        Assert.Equal("", await LeastUser.RefusedByAsync(server));
    }

    /// <summary>What instances will tell each other of themselves lies under the prefix, and needs no other commands.</summary>
    [Theory]
    [InlineData("EVAL", "redis.call('HSET', KEYS[1], 'a', redis.call('TIME')[1]) redis.call('PEXPIRE', KEYS[1], 1000) return redis.call('HGETALL', KEYS[1])", "1", "weir:{~members}:alive")]
    [InlineData("EVAL", "redis.call('HDEL', KEYS[1], 'a') redis.call('SET', KEYS[1], 1) redis.call('GET', KEYS[1]) return redis.call('DEL', KEYS[1])", "1", "weir:{~members}:epoch")]
    public async Task It_may_keep_members(params string[] words)
    {
        await using var server = await StartAsync();
        await using var client = await ConnectAsync(server);

        await client.GetDatabase().ExecuteAsync(words[0], words[1..]);
    }

    [Theory]
    [InlineData("FLUSHALL")]
    [InlineData("FLUSHDB")]
    [InlineData("KEYS", "*")]
    [InlineData("SCAN", "0")]
    [InlineData("CONFIG", "GET", "*")]
    [InlineData("CONFIG", "SET", "maxmemory", "1")]
    [InlineData("ACL", "LIST")]
    [InlineData("CLIENT", "KILL", "TYPE", "normal")]
    [InlineData("SHUTDOWN", "NOSAVE")]
    [InlineData("MONITOR")]
    [InlineData("SCRIPT", "FLUSH")]
    [InlineData("RENAME", "weir:a", "weir:b")]
    [InlineData("REPLICAOF", "NO", "ONE")]
    [InlineData("GET", "other:key")]
    [InlineData("SET", "other:key", "value")]
    [InlineData("EVAL", "return redis.call('SET', KEYS[1], 1)", "1", "other:key")]
    [InlineData("EVAL", "return redis.call('GET', 'other:key')", "0")]
    [InlineData("EVAL", "return redis.call('FLUSHALL')", "0")]
    [InlineData("PUBLISH", "other:channel", "message")]
    public async Task It_may_do_nothing_else(params string[] words)
    {
        await using var server = await StartAsync();

        var error = await Assert.ThrowsAsync<RedisErrorException>(() => RespCommand.SendAsAsync(server.Port, LeastUser.Name, LeastUser.Password, words));

        Assert.Matches(Refusal(), error.Message);
    }

    [Fact]
    public async Task It_is_enough_on_a_cluster_and_with_Sentinels()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await Task.WhenAll(cluster.Nodes.Select(node => node.CommandAsync(LeastUser.Command)));
        await AssertDecidesAsync(OptionsOf(cluster.Endpoints));
        foreach (var node in cluster.Nodes)
            Assert.Equal("", await LeastUser.RefusedByAsync(node.Server));

        await using var trio = await SentinelTrio.StartAsync();
        await trio.First.CommandAsync(LeastUser.Command);
        await trio.Second.CommandAsync(LeastUser.Command);
        await AssertDecidesAsync(OptionsOf(trio.Endpoints));
        Assert.Equal("", await LeastUser.RefusedByAsync(trio.First));
        Assert.Equal("", await LeastUser.RefusedByAsync(trio.Second));
    }

    [Fact]
    public async Task L6_A_right_that_is_missing_is_named_and_memory_decides_until_it_is_given()
    {
        await using var server = await StartAsync();
        await server.CommandAsync("ACL", "SETUSER", LeastUser.Name, "-set");
        await using var load = new StoreUnderLoad(OptionsOf(server.Endpoint), i => Some.Request($"key{i % 50}"));
        await load.UntilOutageAsync();

        var meanwhile = await load.ListenAsync(100);
        Assert.All(meanwhile, seen => Assert.Equal((StoreFault.None, DecisionSource.Memory), (seen.Answer.Fault, seen.Answer.Source)));
        await Until.TrueAsync(() => Task.FromResult(Refusal().IsMatch(load.LastError ?? "")), () => "Redis was not said to refuse");

        await server.CommandAsync("ACL", "SETUSER", LeastUser.Name, "+set");
        await load.UntilRedisDecidesAsync();
    }

    /// <summary>Outside of scripts, and within them as Redis 7.0 and as later ones say it.</summary>
    [GeneratedRegex("NOPERM|ACL failure|can't run this command|can't access")]
    private static partial Regex Refusal();

    private static async Task<RedisServer> StartAsync()
    {
        var server = await TestRedis.StartProcessAsync();
        await server.CommandAsync(LeastUser.Command);
        return server;
    }

    private static RedisOptions OptionsOf(string endpoints) =>
        new() { Endpoints = endpoints, User = LeastUser.Name, Password = LeastUser.Password, Deadline = Until.Patience };

    private static Task<ConnectionMultiplexer> ConnectAsync(RedisServer server) =>
        ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure(OptionsOf(server.Endpoint)));

    private static async Task AssertDecidesAsync(RedisOptions options)
    {
        await using var store = new RedisStore(options, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken), store.LastError);
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => store.TakeAsync(Some.Request($"key{i}", tenant: $"tenant{i % 20}")).AsTask()));
        Assert.True(Array.TrueForAll(answers, answer => answer.Fault == StoreFault.None), store.LastError);
    }
}
