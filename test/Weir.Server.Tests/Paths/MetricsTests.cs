using Weir.Server.Tests.Harness;
using Weir.Testing;

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
    public async Task L10_A_hundred_thousand_keys_and_tenants_make_no_new_series()
    {
        using var policies = new PolicyFile();
        using var server = await ServerProcess.StartAsync(policies.Setting, "Weir:Memory:MaxKeys=200000");
        await server.Http.TakeAsync("k", 1);

        for (int batch = 0; batch < 100; batch++)
        {
            var items = Enumerable.Range(0, 1000).Select(index => $$"""{"key":"{{Fresh.Key()}}","tenant":"{{Fresh.Tenant()}}"}""");
            Assert.Equal(200, (await server.Http.PostAsync("/v1/batch", $$"""{"requests":[{{string.Join(',', items)}}]}""")).Status);
        }

        const string Free = "weir_decisions_total{limit=\"per-key\",outcome=\"allowed\",plan=\"free\",source=\"memory\"}";
        var metrics = await ReadUntilAsync(server, metrics => metrics[Free] == 100_001);
        Assert.Equal(Free, Assert.Single(metrics.Of("weir_decisions_total")));
        Assert.DoesNotContain("key-", metrics.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("tenant-", metrics.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task L10_plans_that_come_and_go_by_the_hundred_make_a_bounded_number_of_series()
    {
        using var policies = new PolicyFile();
        using var server = await ServerProcess.StartAsync(policies.Setting, AdminCalls.Setting);
        const int each = 60;
        for (int change = 0; change < 12; change++)
        {
            string plans = string.Concat(Enumerable.Range(0, each).Select(i => $"  p{change}-{i}: {{ limits: {{ a: {{ rate: 1/h }} }} }}\n"));
            string tenants = string.Concat(Enumerable.Range(0, each).Select(i => $"  t{i}: {{ plan: p{change}-{i} }}\n"));
            Assert.Equal(200, (await server.Http.PutPoliciesAsync($"defaultPlan: p{change}-0\nplans:\n{plans}tenants:\n{tenants}")).Status);
            string takes = string.Join(',', Enumerable.Range(0, each).Select(i => $$"""{"key":"k{{change}}","tenant":"t{{i}}"}"""));
            Assert.Equal(200, (await server.Http.PostAsync("/v1/batch", $$"""{"requests":[{{takes}}]}""")).Status);
        }

        var metrics = await ReadUntilAsync(server, metrics => Sum(metrics) == 12 * each);
        Assert.Equal(501, metrics.Of("weir_decisions_total").Select(series => series[series.IndexOf("plan=", StringComparison.Ordinal)..]).Distinct().Count());
        Assert.True(metrics.Of("weir_decisions_total").Count() <= DecisionMetrics.MaxSeries);
        Assert.DoesNotContain("otel_metric_overflow", metrics.ToString(), StringComparison.Ordinal);
        Assert.Contains("plan=\"~others\"", metrics.ToString(), StringComparison.Ordinal);

        static double Sum(Metrics metrics) => metrics.Of("weir_decisions_total").Sum(series => metrics[series] ?? 0);
    }

    [Fact]
    public async Task What_a_limit_in_shadow_mode_would_have_refused_is_counted()
    {
        using var policies = new PolicyFile("defaultPlan: a\nplans: { a: { limits: { real: { rate: 100/h }, tried: { rate: 2/h, burst: 1x, mode: shadow }, other: { when: { x: y }, rate: 1/h, mode: shadow } } } }\n");
        using var server = await ServerProcess.StartAsync(policies.Setting);
        for (int i = 0; i < 5; i++)
            Assert.Equal(200, (await server.Http.TakeAsync("k")).Status);
        await server.Http.PostAsync("/v1/check", """{"key":"k"}""");

        var metrics = await ReadUntilAsync(server, metrics => metrics.Of("weir_shadow_refusals_total").Any());

        string series = Assert.Single(metrics.Of("weir_shadow_refusals_total"));
        Assert.Equal(("weir_shadow_refusals_total{limit=\"tried\",plan=\"a\"}", 3), (series, metrics[series]));
        Assert.Equal(5, metrics["weir_decisions_total{limit=\"real\",outcome=\"allowed\",plan=\"a\",source=\"memory\"}"]);
    }

    [Fact]
    public async Task Limits_that_requests_skip_for_a_missing_dimension_are_counted()
    {
        using var policies = new PolicyFile("defaultPlan: a\nplans: { a: { limits: { real: { rate: 100/h }, per-ip: { by: [ip], rate: 2/h }, must: { by: [user], when: { route: x }, rate: 1/h, missing: deny } } } }\n");
        using var server = await ServerProcess.StartAsync(policies.Setting);
        for (int i = 0; i < 5; i++)
            Assert.Equal(200, (await server.Http.TakeAsync("k")).Status);
        await server.Http.PostAsync("/v1/check", """{"key":"k"}""");
        await server.Http.PostAsync("/v1/take", """{"key":"k","attributes":{"ip":"1.1.1.1"}}""");
        await server.Http.PostAsync("/v1/take", """{"key":"k","attributes":{"ip":"1.1.1.1","route":"x"}}""");

        var metrics = await ReadUntilAsync(server, metrics => metrics.Of("weir_decisions_total").Any(series => series.Contains("missing-dimension", StringComparison.Ordinal)));

        string series = Assert.Single(metrics.Of("weir_skipped_limits_total"));
        Assert.Equal(("weir_skipped_limits_total{limit=\"per-ip\",plan=\"a\"}", 5), (series, metrics[series]));
        Assert.Equal(1, metrics["weir_decisions_total{limit=\"must\",outcome=\"missing-dimension\",plan=\"a\",source=\"memory\"}"]);
    }

    /// <summary>A scrape may come from the exporter's short memory, so the first may be of the time before.</summary>
    internal static async Task<Metrics> ReadUntilAsync(ServerProcess server, Func<Metrics, bool> condition)
    {
        Metrics? last = null;
        await Until.TrueAsync(async () => condition(last = await Metrics.ReadAsync(server.Http)), () => $"{last}");
        return last!;
    }
}
