using Weir.Testing;

namespace Weir.Redis.Tests.Nodes;

/// <summary>What a connection says of the node to which it leads.</summary>
public sealed class NodeCheckTests
{
    [Theory]
    [InlineData("redis_version:7.0.15\r\n", null)]
    [InlineData("redis_version:8.2.1\r\n", null)]
    [InlineData("redis_version:6.2.14\r\n", "it runs Redis 6.2.14: use Redis 7, Valkey 8 or later, or Garnet")]
    [InlineData("redis_version:2.8\r\n", "it runs Redis 2.8: use Redis 7, Valkey 8 or later, or Garnet")]
    [InlineData("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n", null)]
    [InlineData("redis_version:7.2.4\r\nvalkey_version:7.2.5\r\n", "it runs Valkey 7.2.5: use Redis 7, Valkey 8 or later, or Garnet")]
    [InlineData("garnet_version:2.2.8\r\nredis_version:7.4.3\r\n", null)]
    [InlineData("garnet_version:1.0\r\nredis_version:5.0\r\n", null)]
    [InlineData("redis_version:unstable\r\n", null)]
    public void A_server_that_is_too_old_is_a_problem(string info, string? problem) =>
        Assert.Equal(problem, NodeCheck.ProblemsOf("n:1", NodeInfo.OfInfo(info), "", isAtomic: true).SingleOrDefault(found => found.Kind == "version")?.Text);

    [Theory]
    [InlineData("noeviction", false)]
    [InlineData("allkeys-lru", true)]
    [InlineData("volatile-ttl", true)]
    [InlineData("allkeys-random", true)]
    public void A_server_that_evicts_keys_is_a_problem(string policy, bool isProblem) => Assert.Equal(
        isProblem, NodeCheck.ProblemsOf("n:1", NodeInfo.OfInfo($"redis_version:7.0.0\r\nmaxmemory_policy:{policy}\r\n"), "", isAtomic: true).Any());

    [Theory]
    [InlineData("")]
    [InlineData("\r\n:\r\nrole\r\n")]
    [InlineData("role:\r\nredis_version:\r\nrun_id\r\n")]
    [InlineData("role:sentinel\r\n")]
    public void A_reply_that_cannot_be_read_says_nothing(string info)
    {
        var read = NodeInfo.OfInfo(info);
        Assert.Equal((null, null), (read.IsMaster, read.RunId));
        Assert.DoesNotContain(NodeCheck.ProblemsOf("n:1", read, "", isAtomic: true), problem => problem.Kind == "version");
    }

    [Fact]
    public async Task A_sound_server_has_no_problems_and_keeps_nothing_of_the_check()
    {
        await using var server = await TestRedis.StartProcessAsync();
        await using var redis = new Instance(new RedisOptions { Endpoints = server.Endpoint });
        await redis.UntilDecidesAsync();

        Assert.Empty(redis.Store.Problems);
        Assert.Equal("0", await server.CommandAsync("EXISTS", "weir:{~check}"));
    }

    [Fact]
    public async Task A_server_that_evicts_is_a_problem_until_a_connection_finds_that_it_does_not()
    {
        await using var server = await TestRedis.StartProcessAsync("--maxmemory-policy", "allkeys-lru");
        await using var redis = new Instance(new RedisOptions { Endpoints = server.Endpoint });
        await redis.UntilDecidesAsync();
        Assert.Equal(
            [new RedisProblem(server.Endpoint, "eviction", "its maxmemory-policy is allkeys-lru, which forgets what was spent: set maxmemory-policy noeviction")],
            redis.Store.Problems);

        await server.CommandAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await server.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
        await Until.TrueAsync(
            async () =>
            {
                await redis.Store.TakeAsync(Some.Request());
                return redis.Store.Problems.Count == 0;
            },
            () => string.Join('\n', redis.Store.Problems));
    }

    [Theory]
    [InlineData("-hset", "hset")]
    [InlineData("-publish", "publish")]
    [InlineData("-zadd", "zadd")]
    [InlineData("-evalsha", "evalsha")]
    [InlineData("-hset -lpush -unlink", "hset, lpush, unlink")]
    [InlineData("-eval", "eval")]
    [InlineData("resetkeys ~other:*", "the keys")]
    [InlineData("resetchannels &other:*", "the channel")]
    public async Task Rights_that_are_missing_are_named(string change, string refused)
    {
        await using var server = await TestRedis.StartProcessAsync();
        await server.CommandAsync(LeastUser.Command);
        await server.CommandAsync(["ACL", "SETUSER", LeastUser.Name, .. change.Split(' ')]);
        await using var store = new RedisStore(
            new RedisOptions { Endpoints = server.Endpoint, User = LeastUser.Name, Password = LeastUser.Password }, TimeProvider.System);

        await Until.TrueAsync(() => store.Problems.Count > 0, () => store.LastError ?? "no problem");

        Assert.Equal(
            [new RedisProblem(server.Endpoint, "rights", $"it refuses to this user {refused}: give it the rights of the ACL line in docs/redis.md")], store.Problems);
    }

    [Fact]
    public async Task A_user_who_may_not_ask_what_a_server_is_is_told_so_and_decides()
    {
        await using var server = await TestRedis.StartProcessAsync();
        await server.CommandAsync(LeastUser.Command);
        await server.CommandAsync("ACL", "SETUSER", LeastUser.Name, "-info", "-role");
        await using var redis = new Instance(
            new RedisOptions { Endpoints = server.Endpoint, User = LeastUser.Name, Password = LeastUser.Password });
        await redis.UntilDecidesAsync();
        Assert.Equal("unchecked", Assert.Single(redis.Store.Problems).Kind);
    }

    [Fact]
    public async Task A_replica_is_known_by_ROLE_where_INFO_is_refused()
    {
        await using var master = await TestRedis.StartProcessAsync();
        await using var replica = await TestRedis.StartProcessAsync("--replicaof", "127.0.0.1", master.Port.ToString(null, null));
        await replica.CommandAsync(LeastUser.Command);
        await replica.CommandAsync("ACL", "SETUSER", LeastUser.Name, "-info");
        await using var store = new RedisStore(
            new RedisOptions { Endpoints = replica.Endpoint, User = LeastUser.Name, Password = LeastUser.Password }, TimeProvider.System);

        await Until.TrueAsync(() => store.Problems.Any(problem => problem.Kind == "role"), () => store.LastError ?? "no problem");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_Garnet_that_runs_scripts_side_by_side_is_a_problem(bool isAtomic)
    {
        await using var server = await GarnetServer.StartAsync(isAtomic ? GarnetServer.Options : GarnetServer.Options[..2]);
        var options = new RedisOptions { Endpoints = server.Endpoint, Deadline = TimeSpan.FromSeconds(10) };
        await using var store = new RedisStore(options, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience), store.LastError);

        Assert.Equal(isAtomic ? [] : ["scripts"], store.Problems.Select(problem => problem.Kind));
    }
}
