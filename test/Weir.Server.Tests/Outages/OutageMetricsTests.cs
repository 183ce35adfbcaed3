using Weir.Server.Tests.Harness;
using Weir.Server.Tests.Paths;
using Weir.Testing;

namespace Weir.Server.Tests.Outages;

public sealed class OutageMetricsTests
{
    [Fact]
    public async Task An_outage_is_counted_and_the_breaker_is_seen()
    {
        await using var redis = await TestRedis.StartProcessAsync();
        using var server = await ServerProcess.StartAsync(ServerOnRedis.Settings(redis.Endpoint));
        var before = await MetricsTests.ReadUntilAsync(server, metrics => metrics["weir_breaker_state{}"] == 0);
        Assert.Equal(0, before["weir_outages_total{}"]);

        redis.Kill();
        await Until.TrueAsync(
            async () => (await server.Http.TakeAsync(Fresh.Key())).Flag("degraded") && (await server.Http.GetAsync("/readyz")).Flag("degraded"),
            () => server.Output);

        // Half-open for as long as a probe is due or under way, so either is right.
        var broken = await MetricsTests.ReadUntilAsync(server, metrics => metrics["weir_breaker_state{}"] is 1 or 2);
        Assert.Equal(1, broken["weir_outages_total{}"]);
        Assert.True(broken["weir_store_faults_total{fault=\"unreachable\"}"] >= 1, $"{broken}");
        Assert.True(broken["weir_decisions_total{limit=\"per-key\",outcome=\"allowed\",plan=\"free\",source=\"memory\"}"] >= 1, $"{broken}");

        await redis.RestartAsync();
        var after = await MetricsTests.ReadUntilAsync(server, metrics => metrics["weir_breaker_state{}"] == 0);
        Assert.Equal(1, after["weir_outages_total{}"]);
    }
}
