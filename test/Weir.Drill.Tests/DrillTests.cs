using Weir.Drill.Tests.Faults;
using Weir.Drill.Tests.Load;
using Weir.Drill.Tests.Report;

namespace Weir.Drill.Tests;

/// <summary>The laws on real processes: several servers, a Redis that is killed, stopped and cut off, callers who log what they are told, and a checker that replays the log.</summary>
public sealed class DrillTests(DrillRun run, ITestOutputHelper output) : IClassFixture<DrillRun>
{
    [Fact]
    public async Task L6_every_request_to_an_instance_that_is_there_is_answered()
    {
        var drill = (await ReportAsync()).Drill;

        var unanswered = drill.Log.Where(one => !one.Answer.IsDecision && !IsLostOnPurpose(drill, one));

        Assert.Empty(unanswered.Take(10));
    }

    [Fact]
    public async Task L1_what_Redis_and_its_leases_admit_stays_within_the_limit_from_its_start_to_its_end() =>
        Assert.Equal("", (await ReportAsync()).Broken(verdict => verdict.ByRedis));

    [Fact]
    public async Task L7_in_calm_and_in_an_outage_all_instances_together_stay_within_the_limit() =>
        Assert.Equal("", (await ReportAsync()).Broken(verdict => verdict.UntilHealed));

    [Fact]
    public async Task L7_counted_from_the_beginning_of_an_outage_they_do_so_beyond_its_end() =>
        Assert.Equal("", (await ReportAsync()).Broken(verdict => verdict.Throughout));

    [Fact]
    public async Task L7_after_an_outage_Redis_holds_all_that_was_spent_in_it() =>
        Assert.Equal("", (await ReportAsync()).Broken(verdict => verdict.Readings));

    /// <summary>A drill in which nothing happens would hold every law.</summary>
    [Fact]
    public async Task The_drill_does_what_it_is_to()
    {
        var report = await ReportAsync();
        var drill = report.Drill;
        output.WriteLine(report.ToMarkdown());

        Assert.True(drill.Log.Count(one => one.Answer.IsOfRedis) > 1_000, "Redis hardly decided");
        foreach (var (episode, instance) in CutOff(drill))
            Assert.Contains(drill.Log, one => one.Instance == instance && one.Answer.Degraded && one.LiesIn(episode.BeginsUs, episode.HealsUs));
        foreach (var verdict in report.Verdicts)
        {
            Assert.True(verdict.Admitted > 0, $"{verdict.Bucket.Name} was not asked");
            var read = verdict.Bucket.Readings.Select(reading => reading.Episode).Distinct();
            Assert.Equal(Enumerable.Range(0, drill.Episodes.Count).Where(episode => drill.Episodes[episode].Fault.Reach != Reach.Nobody), read);
        }

        Assert.All((string[])["acme per-key hot", "snail per-key a", "pair all", "daily per-key a"], name => Assert.Contains(Asked(report, name), one => one.Answer.IsRefusal));
        // On its share, an instance may refuse requests that a busy machine sends late and together.
        Assert.DoesNotContain(Asked(report, "acme per-key idle"), one => one.Answer is { IsRefusal: true, Degraded: false });
    }

    /// <summary>Faults that leave an instance alone, and each of those.</summary>
    private static IEnumerable<(Episode Episode, int Instance)> CutOff(DrillRecord drill) =>
        from episode in drill.Episodes
        where !episode.Fault.TakesInstanceDown
        from instance in Enumerable.Range(0, drill.Instances)
        where episode.KeepsFromRedis(instance)
        select (episode, instance);

    private static IReadOnlyList<Logged> Asked(DrillReport report, string bucket) => report.Verdicts.Single(verdict => verdict.Bucket.Name == bucket).Bucket.Asked;

    private static bool IsLostOnPurpose(DrillRecord drill, Logged one) =>
        drill.Episodes.Any(episode => episode.Fault.LosesRequests && one.Instance == episode.Fault.Instance && one.Touches(episode.BeginsUs, episode.HealsUs));

    private Task<DrillReport> ReportAsync() => run.ReportAsync();
}
