using System.Diagnostics;
using System.Net.Sockets;
using StackExchange.Redis;
using Weir.Testing;

namespace Weir.Redis.Tests.Harness;

/// <summary>The faults that other tests rely on are the faults they claim to be.</summary>
public sealed class RedisServerTests
{
    [Fact]
    public async Task A_started_server_answers_a_client()
    {
        await using var server = await TestRedis.StartProcessAsync();
        await using var client = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);

        await client.GetDatabase().StringSetAsync("key", "value");

        Assert.Equal("value", await server.CommandAsync("GET", "key"));
    }

    [Fact]
    public async Task Arguments_reach_the_server()
    {
        await using var server = await TestRedis.StartProcessAsync("--requirepass", "secret", "--maxmemory", "2mb");

        Assert.Equal("maxmemory\n2097152", await server.CommandAsync("CONFIG", "GET", "maxmemory"));
        await using var client = await ConnectionMultiplexer.ConnectAsync($"{server.Endpoint},password=secret");
        Assert.True(client.IsConnected);
    }

    [Fact]
    public async Task An_error_reply_is_thrown()
    {
        await using var server = await TestRedis.StartProcessAsync();

        var error = await Assert.ThrowsAsync<RedisErrorException>(() => server.CommandAsync("NONSENSE"));

        Assert.StartsWith("ERR unknown command", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_cannot_start_says_why()
    {
        if (!RedisServer.IsAvailable)
            Assert.Skip("There is no redis-server on the PATH.");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => RedisServer.StartAsync("--no-such-option", "1"));

        Assert.Contains("no-such-option", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_server_is_gone_and_refuses_connections()
    {
        await using var server = await TestRedis.StartProcessAsync();
        var id = server.ProcessId;

        server.Kill();

        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
        await Assert.ThrowsAnyAsync<SocketException>(() => server.CommandAsync("PING"));
    }

    [Fact]
    public async Task A_restarted_server_has_the_same_port_and_an_empty_memory()
    {
        await using var server = await TestRedis.StartProcessAsync("--maxmemory", "2mb");
        await server.CommandAsync("SET", "key", "value");

        await server.RestartAsync("--maxmemory-policy", "allkeys-lru");

        Assert.Equal("", await server.CommandAsync("GET", "key"));
        Assert.Equal("maxmemory\n2097152", await server.CommandAsync("CONFIG", "GET", "maxmemory"));
        Assert.Equal("maxmemory-policy\nallkeys-lru", await server.CommandAsync("CONFIG", "GET", "maxmemory-policy"));
    }

    [Fact]
    public async Task A_paused_server_accepts_connections_and_answers_once_it_is_resumed()
    {
        await using var server = await TestRedis.StartProcessAsync();

        server.Pause();
        var answer = server.CommandAsync("PING");
        await Assert.ThrowsAsync<TimeoutException>(() => answer.WaitAsync(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken));
        server.Resume();

        Assert.Equal("PONG", await answer);
    }

    [Fact]
    public async Task A_paused_server_can_be_killed_and_disposed_of()
    {
        var server = await TestRedis.StartProcessAsync();
        var id = server.ProcessId;
        server.Pause();

        await server.DisposeAsync();
        await server.DisposeAsync();

        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
    }

    [Fact]
    public async Task Many_servers_start_side_by_side()
    {
        var servers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TestRedis.StartProcessAsync()));
        try
        {
            Assert.Equal(8, servers.Select(server => server.Port).Distinct().Count());
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
        }
    }
}
