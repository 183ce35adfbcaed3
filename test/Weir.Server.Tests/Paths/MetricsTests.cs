using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Paths;

public sealed class MetricsTests
{
    private const string Allowed = "weir_decisions_total{limit=\"per-key\",outcome=\"allowed\",plan=\"slow\",source=\"memory\"}";
    private const string Refused = "weir_decisions_total{limit=\"per-key\",outcome=\"refused\",plan=\"slow\",source=\"memory\"}";
    private const string NeverFits = "weir_decisions_total{limit=\"per-key\",outcome=\"never-fits\",plan=\"slow\",source=\"memory\"}";

    [Fact]
    public async Task Takes_are_counted_by_plan_limit_outcome_and_source_and_checks_are_not()
    {
        using var policies = new PolicyFile();
        using var server = await ServerProcess.StartAsync(policies.Setting);
        await server.Http.TakeAsync("k", 6, "slow");
        await server.Http.TakeAsync("k", 4, "sloth");
        await server.Http.TakeAsync("k", 5, "slow");
        await server.Http.TakeAsync("k", 11, "slow");
        await server.Http.RemainingAsync("k", "slow");

        var metrics = await ReadUntilAsync(server, metrics => metrics[NeverFits] == 1);

        Assert.Equal((2, 1), (metrics[Allowed], metrics[Refused]));
        Assert.Equal(3, metrics.Of("weir_decisions_total").Count());
        Assert.True(metrics["weir_memory_capacity{}"] >= 4096, $"{metrics}");
        Assert.Equal(5, metrics["weir_decision_duration_seconds_count{source=\"memory\"}"]);
    }

    [Fact]
    public async Task L10_A_thousand_keys_and_tenants_make_no_new_series()
    {
        using var policies = new PolicyFile();
        using var server = await ServerProcess.StartAsync(policies.Setting);
        await server.Http.TakeAsync("k", 1);

        var items = Enumerable.Range(0, 1000).Select(index => $$"""{"key":"{{Fresh.Key()}}","tenant":"{{Fresh.Tenant()}}"}""");
        Assert.Equal(200, (await server.Http.PostAsync("/v1/batch", $$"""{"requests":[{{string.Join(',', items)}}]}""")).Status);

        const string Free = "weir_decisions_total{limit=\"per-key\",outcome=\"allowed\",plan=\"free\",source=\"memory\"}";
        var metrics = await ReadUntilAsync(server, metrics => metrics[Free] == 1001);
        Assert.Equal(Free, Assert.Single(metrics.Of("weir_decisions_total")));
        Assert.DoesNotContain("key-", metrics.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("tenant-", metrics.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A scrape may come from the exporter's short memory, so the first may be of the time before.</summary>
    internal static async Task<Metrics> ReadUntilAsync(ServerProcess server, Func<Metrics, bool> condition)
    {
        Metrics? last = null;
        await Until.TrueAsync(async () => condition(last = await Metrics.ReadAsync(server.Http)), () => $"{last}", TimeSpan.FromSeconds(5));
        return last!;
    }
}
