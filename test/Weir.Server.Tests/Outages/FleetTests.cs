using Microsoft.Extensions.DependencyInjection;
using Weir.Server.Tests.Harness;
using Weir.Server.Tests.Paths;
using Weir.Testing;

namespace Weir.Server.Tests.Outages;

/// <summary>Servers that share a Redis and have different settings.</summary>
public sealed class FleetTests
{
    private const string Differs = "differs from its fleet: Weir:Redis:LeaseMs is 50 here and 20 in the fleet";

    private const string Wide = """{"plan":"free","limits":{"per-key":{"rate":"100000/s"}}}""";

    private static async Task<bool> HasFleetAsync(RunningServer server) =>
        (await server.Http.GetAsync("/readyz")).Json.TryGetProperty("fleet", out _);

    private static long DecidedLocally(RunningServer server) =>
        server.Services.GetRequiredService<Stores>().Redis!.DecidedLocally;

    /// <summary>Takes so often of a key with plenty that an instance that leases does.</summary>
    private static async Task TakeOftenAsync(RunningServer server)
    {
        for (int i = 0; i < 30; i++)
            await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => server.Http.TakeAsync("busy", 1, "wide")));
    }

    [Fact]
    public async Task A_server_with_another_LeaseMs_says_so_everywhere_and_leases_nothing_until_it_is_the_rule()
    {
        await using var weir = await ServerOnRedis.StartAsync(AdminCalls.Setting);
        await using var other = await weir.StartAnotherAsync(AdminCalls.Setting, "Weir:Redis:LeaseMs=50");
        foreach (var server in (RunningServer[])[weir.Server, other])
            await server.Http.PutTenantAsync("wide", Wide);
        await Until.TrueAsync(() => HasFleetAsync(other), () => "it does not say that it differs");
        await Until.TrueAsync(() => other.Log.Count(Differs) > 0, () => "its log does not say that it differs");

        var fleet = (await other.Http.GetAsync("/readyz")).Json.GetProperty("fleet");
        const string Body = """{"agrees":false,"differences":[{"setting":"Weir:Redis:LeaseMs","here":"50","fleet":"20"}]}""";
        Assert.Equal(Body, fleet.GetRawText());
        Assert.Equal(200, (await other.Http.GetAsync("/readyz")).Status);
        Assert.Equal((1, 0), (other.Log.Count(Differs), weir.Server.Log.Count("differs from its fleet")));
        Assert.False(await HasFleetAsync(weir.Server));

        await TakeOftenAsync(other);
        Assert.Equal(0, DecidedLocally(other));

        await weir.Server.DisposeAsync();
        await Until.TrueAsync(async () => !await HasFleetAsync(other), () => "it differs from nobody");
        await Until.TrueAsync(
            () => other.Log.Count("agrees with its fleet again") == 1, () => "its log does not say that it agrees again");
        await Until.TrueAsync(
            async () =>
            {
                await TakeOftenAsync(other);
                return DecidedLocally(other) > 0;
            },
            () => "it never leases");
    }

    [Fact]
    public async Task A_server_with_another_prefix_is_told_of_at_both()
    {
        await using var weir = await ServerOnRedis.StartAsync(AdminCalls.Setting);
        await using var other = await weir.StartAnotherAsync(AdminCalls.Setting, "Weir:Redis:Prefix=shop");
        foreach (var (server, prefix) in ((RunningServer, string)[])[(weir.Server, "shop"), (other, "weir")])
        {
            await Until.TrueAsync(() => HasFleetAsync(server), () => $"it does not hear of {prefix}");
            var fleet = (await server.Http.GetAsync("/readyz")).Json.GetProperty("fleet");
            Assert.Equal($$"""{"agrees":true,"otherPrefixes":["{{prefix}}"]}""", fleet.GetRawText());
            await Until.TrueAsync(
                () => server.Log.Count($"use this database: {prefix}.") == 1, () => $"its log does not tell of {prefix}");
        }
    }

    [Fact]
    public async Task That_a_server_differs_and_how_many_other_prefixes_there_are_are_metrics()
    {
        await using var redis = await TestRedis.StartProcessAsync();
        string[] settings = ServerOnRedis.Settings(redis.Endpoint);
        using var first = await ServerProcess.StartAsync(settings);
        await MetricsTests.ReadUntilAsync(first, metrics => metrics["weir_fleet_differs{}"] == 0);
        using var differs = await ServerProcess.StartAsync([.. settings, "Weir:Redis:LeaseMs=0"]);
        using var elsewhere = await ServerProcess.StartAsync([.. settings, "Weir:Redis:Prefix=shop"]);

        await MetricsTests.ReadUntilAsync(differs, metrics => metrics["weir_fleet_differs{}"] == 1);
        await MetricsTests.ReadUntilAsync(
            elsewhere, metrics => metrics["weir_fleet_differs{}"] == 0 && metrics["weir_fleet_prefixes{}"] == 1);
        await MetricsTests.ReadUntilAsync(first, metrics => metrics["weir_fleet_prefixes{}"] == 1);
    }
}
