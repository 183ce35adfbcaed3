using Microsoft.Extensions.DependencyInjection;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Doors.Resp;

/// <summary>The RESP door of a running server: keys, connections and its end.</summary>
public sealed class RespServerTests
{
    private const string Listen = "Weir:Resp:Listen=127.0.0.1:0";
    private const string Secret = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task Without_keys_this_machine_may_ask_and_a_wrong_key_is_an_error_all_the_same()
    {
        await using var server = await RunningServer.StartAsync(Listen);
        using var client = await RespClient.OpenAsync(server);
        Assert.Equal("*5", await client.CallAsync("CL.THROTTLE", "k", "1", "1", "60"));
        Assert.Equal("-WRONGPASS invalid API key: send AUTH with a valid one", await client.CallAsync("AUTH", "wrong"));
        Assert.Equal(200, (await server.Http.TakeAsync("k")).Status);
    }

    [Fact]
    public async Task L9_with_keys_every_command_needs_one_and_a_tenants_key_asks_for_its_tenant_only()
    {
        await using var server = await RunningServer.StartAsync(
            Listen, "Weir:Auth:Keys:0:Name=ci", $"Weir:Auth:Keys:0:Key={Secret}", "Weir:Auth:Keys:0:Scope=take", "Weir:Auth:Keys:0:Tenant=acme");
        using var client = await RespClient.OpenAsync(server);
        foreach (string[] command in (string[][])[["PING"], ["CL.THROTTLE", "k", "0", "1", "60"], ["WEIR.TAKE", "acme", "k"], ["CLIENT", "ID"]])
            Assert.StartsWith("-NOAUTH ", await client.CallAsync(command), StringComparison.Ordinal);
        Assert.StartsWith("-NOAUTH ", await client.CallAsync("HELLO", "3"), StringComparison.Ordinal);
        Assert.Equal("%7", await client.CallAsync("HELLO", "3", "AUTH", "default", Secret));
        Assert.Equal("%8", await client.CallAsync("WEIR.TAKE", "acme", "k"));
        Assert.Equal("-NOPERM this key is for another tenant", await client.CallAsync("WEIR.TAKE", "other", "k"));
        Assert.Equal("+RESET", await client.CallAsync("RESET"));
        Assert.StartsWith("-NOAUTH ", await client.CallAsync("PING"), StringComparison.Ordinal);
        Assert.Equal("+OK", await client.CallAsync("AUTH", Secret));
        Assert.Equal("*5", await client.CallAsync("CL.THROTTLE", "k", "0", "1", "60"));
    }

    [Fact]
    public async Task A_revoked_key_opens_nothing_on_an_open_connection_either()
    {
        await using var server = await RunningServer.StartAsync([Listen, .. KeyCalls.Closed]);
        var (id, secret) = await server.Http.CreateKeyAsync();
        using var client = await RespClient.OpenAsync(server);
        Assert.Equal("+OK", await client.CallAsync("AUTH", "someone", secret));
        Assert.Equal("+PONG", await client.CallAsync("PING"));
        await server.Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, $"/admin/keys/{id}", null);
        Assert.StartsWith("-NOAUTH ", await client.CallAsync("PING"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task L10_wrong_keys_are_bounded_together_with_those_of_HTTP()
    {
        await using var server = await RunningServer.StartAsync([Listen, .. KeyCalls.Closed]);
        using var client = await RespClient.OpenAsync(server);
        for (int i = 0; i < FailedLogins.Burst; i++)
            await server.Http.CallAsync("wrong", HttpMethod.Post, "/v1/take", """{"key":"k"}""");
        Assert.StartsWith(
            "-WRONGPASS wrong keys came from this address too often", await client.CallAsync("AUTH", "wrong"), StringComparison.Ordinal);
        Assert.Equal("+OK", await client.CallAsync("AUTH", AdminCalls.Key));
    }

    [Fact]
    public async Task L10_its_connections_count_against_the_bound()
    {
        await using var server = await RunningServer.StartAsync(Listen);
        using var one = await RespClient.OpenAsync(server);
        using var two = await RespClient.OpenAsync(server);
        Assert.Equal("+PONG", await one.CallAsync("PING"));
        Assert.Equal("+PONG", await two.CallAsync("PING"));
        Assert.Equal(2, server.Services.GetRequiredService<ConnectionBounds>().OfCallers.Count);
        Assert.Equal("+PONG", await one.CallAsync("PING"));
    }

    [Theory]
    [InlineData("--urls=http://127.0.0.1:0")]
    [InlineData("--http_ports=0", "--Weir:Auth:AllowAnonymous=true")]
    public async Task A_start_overrides_no_address_and_names_those_of_the_doors(params string[] settings)
    {
        using var server = await ServerProcess.StartInAsync(
            ["--Weir:Memory:MaxKeys=4096", "--" + Listen, "--Weir:Management:Urls=http://127.0.0.1:0", .. settings]);
        Assert.DoesNotContain("Overriding address", server.Output, StringComparison.Ordinal);
        Assert.Contains("  redis clients 127.0.0.1:", server.Output, StringComparison.Ordinal);
        Assert.Equal(200, (await server.Http.GetAsync("/livez")).Status);
    }

    [Fact]
    public async Task A_stop_ends_idle_connections_in_order()
    {
        var server = await RunningServer.StartAsync(Listen);
        using var client = await RespClient.OpenAsync(server);
        Assert.Equal("+PONG", await client.CallAsync("PING"));
        await server.DisposeAsync();
        Assert.True(await client.EndsInOrderAsync());
    }

    [Fact]
    public async Task A_plan_that_denies_in_an_outage_is_an_error_and_a_limit_of_the_command_is_decided_by_memory()
    {
        using var policies = new PolicyFile();
        await using var server = await RunningServer.StartAsync(
            Listen, policies.Setting, "Weir:Redis:Endpoints=127.0.0.1:1", "Weir:Redis:DeadlineMs=5");
        using var client = await RespClient.OpenAsync(server);
        Assert.StartsWith("-UNAVAILABLE ", await client.CallAsync("WEIR.TAKE", "shut", "k"), StringComparison.Ordinal);
        Assert.Equal("*5", await client.CallAsync("CL.THROTTLE", "k", "0", "1", "60"));
    }
}
