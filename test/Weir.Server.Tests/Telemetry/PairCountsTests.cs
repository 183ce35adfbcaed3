namespace Weir.Server.Tests.Telemetry;

public sealed class PairCountsTests
{
    [Fact]
    public void L10_plans_that_are_named_while_running_are_counted_as_one_once_there_are_500_and_none_is_lost()
    {
        var pairs = new PairCounts(1);
        for (int i = 0; i < 2_000; i++)
            pairs.Add($"plan{i}", "per-key", 0);
        pairs.Add("plan7", "per-key", 0);
        pairs.Add("plan1999", "per-key", 0);

        Assert.Equal(PairCounts.MaxPairs + 1, pairs.All.Count());
        Assert.Equal(1_501, pairs.All.Last().Value[0]);
        Assert.Equal((PairCounts.Others, PairCounts.Others), pairs.All.Last().Key);
        Assert.Equal(2, pairs.All.Single(pair => pair.Key.Plan == "plan7").Value[0]);
        Assert.Equal(2_002, pairs.All.Sum(pair => pair.Value[0]));
    }

    [Fact]
    public void The_others_cannot_be_taken_for_a_plan() => Assert.False(Bounds.IsName(PairCounts.Others));

    [Fact]
    public async Task Threads_that_meet_at_a_new_pair_share_its_counts()
    {
        var pairs = new PairCounts(1);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 100_000; i++)
                pairs.Add($"plan{i % 600}", "a", 0);
        })));

        Assert.Equal(800_000, pairs.All.Sum(pair => pair.Value[0]));
        Assert.Equal(PairCounts.MaxPairs + 1, pairs.All.Count());
    }
}
