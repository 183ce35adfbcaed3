using Weir.Testing;

namespace Weir.Redis.Tests.Nodes;

/// <summary>The connection of heartbeats and live data logs in as strictly as that of decisions does.</summary>
public sealed class ClientLoginTests
{
    [Fact]
    public async Task A_database_that_cannot_be_selected_has_neither_heartbeats_nor_live_data_in_database_0()
    {
        await using var server = await TestRedis.StartProcessAsync("--databases", "4");
        await AssertRefusedAsync(server, new RedisOptions { Database = 7 });
    }

    [Fact]
    public async Task A_database_that_the_user_may_not_select_has_neither_heartbeats_nor_live_data_in_database_0()
    {
        await using var server = await TestRedis.StartProcessAsync();
        await server.CommandAsync("ACL", "SETUSER", "weir", "on", ">right", "~*", "&*", "+@all", "-select");
        await AssertRefusedAsync(server, new RedisOptions { User = "weir", Password = "right", Database = 2 });
    }

    [Theory]
    [InlineData(null, "mistaken")]
    [InlineData("nobody", "mistaken")]
    [InlineData("weir", "mistaken")]
    public async Task A_refused_login_has_neither_heartbeats_nor_live_data_as_the_default_user(string? user, string password)
    {
        await using var server = await TestRedis.StartProcessAsync();
        await server.CommandAsync("ACL", "SETUSER", "weir", "on", ">right", "~*", "&*", "+@all");
        await AssertRefusedAsync(server, new RedisOptions { User = user, Password = password });
    }

    [Fact]
    public async Task Heartbeats_and_live_data_are_in_the_database_that_is_selected_also_after_a_reconnect()
    {
        await using var server = await TestRedis.StartProcessAsync();
        await using var redis = new Instance(new RedisOptions { Endpoints = server.Endpoint, Database = 3 });
        await redis.UntilAllIsThereAsync();
        await server.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
        await redis.UntilAllIsThereAsync();
        Assert.Equal("0", await server.CommandAsync("DBSIZE"));
    }

    private static async Task AssertRefusedAsync(RedisServer server, RedisOptions options)
    {
        options.Endpoints = server.Endpoint;
        await using var redis = new Instance(options);
        await Until.TrueAsync(
            async () =>
            {
                Assert.NotEqual(StoreFault.None, (await redis.Store.TakeAsync(Some.Request())).Fault);
                return redis.Store.Problems.Any(problem => problem.Kind == "login");
            },
            () => redis.Store.LastError ?? "no error");
        for (int i = 0; i < 20; i++)
        {
            await redis.Live.AcceptLossAsync();
            Assert.Null(await redis.Live.ReadAsync(LiveVersion.Unknown));
            Assert.Null(await redis.Peers.ReportAsync(isReady: false));
        }

        Assert.Equal("0", await server.CommandAsync("DBSIZE"));
        Assert.DoesNotContain("name=weir", await server.CommandAsync("CLIENT", "LIST"), StringComparison.Ordinal);
    }
}
