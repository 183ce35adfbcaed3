using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Paths;

public sealed class HealthTests
{
    [Fact]
    public async Task A_server_in_embedded_mode_is_live_and_ready()
    {
        await using var server = await RunningServer.StartAsync();

        var live = await server.Http.GetAsync("/livez");
        var ready = await server.Http.GetAsync("/readyz");

        Assert.Equal((200, "application/json", """{"status":"live"}"""), (live.Status, live.MediaType, live.Body));
        Assert.Equal(
            (200, "application/json", """{"status":"ready","store":"memory","source":"memory","degraded":false,"policyFile":{"inForce":true}}"""),
            (ready.Status, ready.MediaType, ready.Body));
    }

    [Fact]
    public async Task A_server_on_Redis_says_how_its_breaker_stands()
    {
        await using var redis = await TestRedis.StartAsync();
        await using var server = await RunningServer.StartAsync($"Weir:Redis:Endpoints={redis.Endpoint}", "Weir:Redis:DeadlineMs=2000");

        Assert.Equal(
            """{"status":"ready","store":"redis","source":"redis","degraded":false,"breaker":"closed","policyFile":{"inForce":true}}""",
            (await server.Http.GetAsync("/readyz")).Body);
    }
}
