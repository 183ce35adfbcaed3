using Weir.Testing;

namespace Weir.Redis.Tests.Wire;

/// <summary>A connection that cannot log in as it is told to decides nothing.</summary>
public sealed class LoginTests
{
    [Fact]
    public async Task L6_A_database_that_cannot_be_selected_is_an_outage_and_never_database_0()
    {
        await using var server = await TestRedis.StartProcessAsync("--databases", "4");
        await using var store = Open(server, new RedisOptions { Database = 7 });
        await AssertRefusedAsync(store, "index");
        Assert.Equal("0", await server.CommandAsync("DBSIZE"));
    }

    [Fact]
    public async Task A_database_is_selected_on_each_connection()
    {
        await using var server = await TestRedis.StartProcessAsync();
        await using var store = Open(server, new RedisOptions { Database = 3 });
        await UntilDecidesAsync(store);
        await server.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
        await UntilDecidesAsync(store);
        Assert.Equal("0", await server.CommandAsync("DBSIZE"));
    }

    [Theory]
    [InlineData(null, "mistaken")]
    [InlineData("nobody", "mistaken")]
    [InlineData("weir", "mistaken")]
    public async Task L6_A_refused_login_never_continues_as_the_default_user(string? user, string password)
    {
        await using var server = await TestRedis.StartProcessAsync();
        await server.CommandAsync("ACL", "SETUSER", "weir", "on", ">right", "~*", "+@all");
        await using var store = Open(server, new RedisOptions { User = user, Password = password });
        await AssertRefusedAsync(store, user is null ? "" : "WRONGPASS");
        Assert.Equal("0", await server.CommandAsync("DBSIZE"));
        Assert.DoesNotContain(password, store.LastError ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task L6_A_master_that_becomes_a_replica_and_keeps_its_connections_is_left_for_the_new_master_behind_its_address()
    {
        await using var first = await TestRedis.StartProcessAsync();
        await using var second = await TestRedis.StartProcessAsync();
        await using var address = await MovableAddress.StartAsync(first.Port);
        await using var store = new RedisStore(new RedisOptions { Endpoints = address.Endpoint, Deadline = TimeSpan.FromSeconds(5) }, TimeProvider.System);
        await UntilDecidesAsync(store);

        await first.CommandAsync("REPLICAOF", "127.0.0.1", second.Port.ToString(null, null));
        address.MoveTo(second.Port);
        await UntilDecidesAsync(store);

        Assert.NotEqual("0", await second.CommandAsync("DBSIZE"));
    }

    private static RedisStore Open(RedisServer server, RedisOptions options)
    {
        options.Endpoints = server.Endpoint;
        options.Deadline = TimeSpan.FromSeconds(5);
        return new RedisStore(options, TimeProvider.System);
    }

    private static Task UntilDecidesAsync(RedisStore store) => Until.TrueAsync(
        async () => (await store.TakeAsync(Some.Request())).Fault == StoreFault.None, () => store.LastError ?? "no answer");

    private static async Task AssertRefusedAsync(RedisStore store, string error)
    {
        await Until.TrueAsync(
            async () =>
            {
                Assert.NotEqual(StoreFault.None, (await store.TakeAsync(Some.Request())).Fault);
                return store.LastError is { } said && said.Contains(error, StringComparison.OrdinalIgnoreCase);
            },
            () => store.LastError ?? "no error");
        for (int i = 0; i < 20; i++)
            Assert.NotEqual(StoreFault.None, (await store.TakeAsync(Some.Request())).Fault);
    }
}
