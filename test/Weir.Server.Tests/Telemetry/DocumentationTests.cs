using System.Diagnostics.Metrics;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Telemetry;

/// <summary>The page on seeing who is limited names everything there is to see.</summary>
public sealed class DocumentationTests
{
    private static readonly string Page = Repository.Read("docs/seeing.md");

    [Fact]
    public async Task Every_metric_of_ours_is_listed()
    {
        var names = new HashSet<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == DecisionMetrics.MeterName)
                    lock (names)
                        names.Add(instrument.Name.Replace('.', '_'));
            },
        };
        listener.Start();
        await using var redis = await TestRedis.StartAsync();
        await using var server = await RunningServer.StartAsync(ServerOnRedis.Settings(redis.Endpoint));

        Assert.Contains("weir_breaker_state", names);
        Assert.All(names, name => Assert.Contains($"`{name}", Page, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_fault_is_listed() =>
        Assert.All(Enum.GetValues<StoreFault>().Where(fault => fault != StoreFault.None), fault => Assert.Contains($"`{Spelling.Of(fault)}`", Page, StringComparison.Ordinal));

    [Fact]
    public void The_bounds_it_states_are_those_of_the_code()
    {
        Assert.Contains($"counters: {TopKeys.CountersPerTenant} keys of each of {TopKeys.MaxTenants} tenants", Page, StringComparison.Ordinal);
        Assert.Contains($"two windows of {TopKeys.Window.TotalMinutes:0} minutes", Page, StringComparison.Ordinal);
        Assert.Contains($"The first {PairCounts.MaxPairs} pairs", Page, StringComparison.Ordinal);
        Assert.Contains($"`plan=\"{PairCounts.Others}\"`", Page, StringComparison.Ordinal);
        Assert.Contains($"| `Weir:DecisionLog:PerSecond` | {new WeirOptions().DecisionLog.PerSecond} |", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_outcome_is_listed() =>
        Assert.All(Enum.GetValues<DecisionOutcome>(), outcome => Assert.Contains($"`{Spelling.Of(outcome)}`", Page, StringComparison.Ordinal));
}
