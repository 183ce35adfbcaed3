using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Start;

public sealed class RedisSettingsTests
{
    [Fact]
    public async Task Keys_begin_with_the_prefix_and_live_in_the_database_that_are_set()
    {
        await using var redis = await TestRedis.StartProcessAsync();
        await using var server = await RunningServer.StartAsync([.. ServerOnRedis.Settings(redis.Endpoint), "Weir:Redis:Prefix=mine", "Weir:Redis:Database=3"]);
        await redis.CommandAsync("FLUSHALL");

        Assert.Equal("redis", (await server.Http.TakeAsync("k", 10)).Text("source"));

        Assert.StartsWith("mine:{default", await KeysAsync(redis, database: "3"), StringComparison.Ordinal);
        Assert.Equal("", await KeysAsync(redis, database: "0"));
    }

    [Fact]
    public async Task Endpoints_may_be_written_as_a_list()
    {
        await using var redis = await TestRedis.StartAsync();
        await using var server = await RunningServer.StartAsync($"Weir:Redis:Endpoints:0={redis.Endpoint}", "Weir:Redis:DeadlineMs=800");

        Assert.Equal("redis", (await server.Http.TakeAsync("k")).Text("source"));
    }

    [Fact]
    public async Task A_user_of_its_own_needs_no_more_than_scripts_on_its_keys()
    {
        await using var redis = await TestRedis.StartProcessAsync();
        await redis.CommandAsync("ACL", "SETUSER", "weir", "on", ">secret", "~weir:*", "+@connection", "+@read", "+@write", "+@scripting", "+info", "+config|get", "+time", "+cluster");
        await using var server = await RunningServer.StartAsync([.. ServerOnRedis.Settings(redis.Endpoint), "Weir:Redis:User=weir", "Weir:Redis:Password=secret"]);

        Assert.Equal("redis", (await server.Http.TakeAsync("k")).Text("source"));
    }

    /// <summary>The keys of a database, one a line. A connection has its database to itself, so a script looks.</summary>
    private static Task<string> KeysAsync(RedisServer redis, string database) =>
        redis.CommandAsync("EVAL", "redis.call('SELECT', ARGV[1]) return redis.call('KEYS', '*')", "0", database);
}
