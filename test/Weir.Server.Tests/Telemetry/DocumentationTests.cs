using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Weir.Server.Tests.Docs;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Telemetry;

/// <summary>The pages on metrics and on seeing who is limited say what the code has, and nothing else.</summary>
public sealed partial class DocumentationTests
{
    private static readonly MarkdownPage Metrics = MarkdownPage.All["docs/metrics.md"];

    private static readonly string Seeing = Repository.Read("docs/seeing.md");

    [Fact]
    public async Task The_page_on_metrics_has_every_metric_with_its_type_and_unit_and_no_other()
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == DecisionMetrics.MeterName)
                    lock (found)
                        found.Add(RowOf(instrument));
            },
        };
        listener.Start();
        await using var redis = await TestRedis.StartAsync();
        await using var server = await RunningServer.StartAsync(ServerOnRedis.Settings(redis.Endpoint));

        var named = new SortedSet<string>(
            Row().Matches(Metrics.Prose).Select(row => $"`{row.Groups["name"].Value}` {row.Groups["type"].Value}"),
            StringComparer.Ordinal);
        // Servers of other tests publish theirs meanwhile.
        lock (found)
            Assert.Equal(found, named);
    }

    [Fact]
    public void Every_metric_that_a_page_names_is_one()
    {
        var known = Row().Matches(Metrics.Prose).Select(row => row.Groups["name"].Value)
            .ToHashSet(StringComparer.Ordinal);
        var named = from page in MarkdownPage.All.Values
                    where page.Path.StartsWith("docs/", StringComparison.Ordinal) || page.Path == "README.md"
                    from name in Named().Matches(page.Text)
                    select (page.Path, Name: Suffix().Replace(name.Value, ""));

        Assert.All(named, name => Assert.True(
            known.Contains(name.Name) || (name.Name.EndsWith('_')
                && known.Any(metric => metric.StartsWith(name.Name, StringComparison.Ordinal))),
            $"{name.Path} names {name.Name}, which is no metric"));
    }

    [Fact]
    public void Every_fault_is_listed() => Assert.Equal(
        Enum.GetValues<StoreFault>().Where(fault => fault != StoreFault.None).Select(fault => $"`{Spelling.Of(fault)}`")
            .Order(StringComparer.Ordinal),
        Metrics.FirstCells("Faults").SelectMany(cell => cell.Split(", ")).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_outcome_is_listed() => Assert.All(
        Enum.GetValues<DecisionOutcome>(),
        outcome => Assert.Contains($"`{Spelling.Of(outcome)}`", Metrics.Text, StringComparison.Ordinal));

    [Fact]
    public void The_bounds_they_state_are_those_of_the_code()
    {
        Assert.Contains(
            $"counters: {TopKeys.CountersPerTenant} keys of each of {TopKeys.MaxTenants} tenants", Seeing,
            StringComparison.Ordinal);
        Assert.Contains($"two windows of {TopKeys.Window.TotalMinutes:0} minutes", Seeing, StringComparison.Ordinal);
        Assert.Contains($"The first {PairCounts.MaxPairs} pairs", Metrics.Text, StringComparison.Ordinal);
        Assert.Contains($"`plan=\"{PairCounts.Others}\"`", Metrics.Text, StringComparison.Ordinal);
        Assert.Contains(
            $"| `Weir:DecisionLog:PerSecond` | {new WeirOptions().DecisionLog.PerSecond} |", Seeing,
            StringComparison.Ordinal);
    }

    private static string RowOf(Instrument instrument)
    {
        string kind = instrument.GetType().Name;
        string type = kind.Contains("Counter", StringComparison.Ordinal) ? "counter"
            : kind.Contains("Histogram", StringComparison.Ordinal) ? "histogram" : "gauge";
        var (suffix, unit) = instrument.Unit switch
        {
            "s" => ("_seconds", ", s"),
            "By" => ("_bytes", ", bytes"),
            _ => ("", ""),
        };
        string total = type == "counter" ? "_total" : "";
        return $"`{instrument.Name.Replace('.', '_')}{suffix}{total}` {type}{unit}";
    }

    [GeneratedRegex(@"^\| `(?<name>weir_\w+)` \| (?<type>(counter|gauge|histogram)[^|]*?) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\bweir_[a-z_]+\b(?!-)")]
    private static partial Regex Named();

    /// <summary>The suffixes of the series of a histogram.</summary>
    [GeneratedRegex("(?<=_seconds)_(bucket|count|sum)$")]
    private static partial Regex Suffix();
}
