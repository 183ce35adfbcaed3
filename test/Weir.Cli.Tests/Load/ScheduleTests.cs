using Weir.Cli.Load;

namespace Weir.Cli.Tests;

public sealed class ScheduleTests
{
    private const long SecondUs = 1_000_000;

    [Theory]
    [InlineData(1, 10)]
    [InlineData(3, 10)]
    [InlineData(999, 7)]
    [InlineData(20_000, 10)]
    [InlineData(1_000_000, 3_600)]
    public void An_open_loop_intends_its_rate_times_its_length(long rate, long seconds) =>
        Assert.Equal(rate * seconds, new OpenSchedule(rate, 0, seconds * SecondUs).Count);

    [Fact]
    public void An_open_loop_begins_with_the_warm_up_below_zero()
    {
        var schedule = new OpenSchedule(100, -2 * SecondUs, 10 * SecondUs);

        Assert.Equal(1_200, schedule.Count);
        Assert.Equal(-2 * SecondUs, schedule.IntendedUs(0));
        Assert.Equal(0, schedule.IntendedUs(200));
    }

    [Fact]
    public void Slow_rates_are_evenly_spread()
    {
        var schedule = new OpenSchedule(100, 0, SecondUs);

        Assert.Equal([0, 10_000, 20_000, 30_000], Enumerable.Range(0, 4).Select(i => schedule.IntendedUs(i)));
    }

    [Fact]
    public void Rates_above_a_thousand_come_in_equal_groups_on_whole_milliseconds()
    {
        var schedule = new OpenSchedule(20_000, 0, SecondUs);
        var groups = Enumerable.Range(0, 20_000).GroupBy(i => schedule.IntendedUs(i)).ToList();

        Assert.Equal(1_000, groups.Count);
        Assert.All(groups, group => Assert.Equal(20, group.Count()));
        Assert.All(groups, group => Assert.Equal(0, group.Key % OpenSchedule.TickUs));
    }

    [Fact]
    public void An_open_schedule_never_drifts_and_never_ends_late()
    {
        var schedule = new OpenSchedule(333_333, 0, 3_600 * SecondUs);

        long last = schedule.IntendedUs(schedule.Count - 1);

        Assert.InRange(last, (3_600 * SecondUs) - (2 * OpenSchedule.TickUs), (3_600 * SecondUs) - 1);
    }

    [Fact]
    public void A_closed_loop_without_a_pace_sends_when_it_is_answered() =>
        Assert.Equal(1_234, new ClosedSchedule(0).NextUs(lastSentUs: 1_000, answeredUs: 1_234));

    [Theory]
    [InlineData(1_000, 2_000, 11_000)]
    [InlineData(1_000, 50_000, 50_000)]
    public void A_paced_user_waits_for_its_pace_and_for_its_answer(long sent, long answered, long next) =>
        Assert.Equal(next, new ClosedSchedule(PaceUs: 10_000).NextUs(sent, answered));

    [Fact]
    public async Task A_paced_user_never_sends_before_its_pace_is_over()
    {
        const int PaceUs = 2_500;
        var pacing = new ClosedPacing(new RunClock(TimeProvider.System, TimeSpan.Zero), new ClosedSchedule(PaceUs), new RequestBudget(40), firstUs: 700, endUs: 60_000_000);
        long last = await pacing.NextAsync(TestContext.Current.CancellationToken);
        Assert.True(last >= 700, $"the first was sent at {last}");

        for (long next; (next = await pacing.NextAsync(TestContext.Current.CancellationToken)) != IPacing.Ended; last = next)
            Assert.True(next - last >= PaceUs, $"{next} comes {next - last} after {last}");
    }

    [Fact]
    public void Paced_users_do_not_all_begin_at_once()
    {
        var schedule = new ClosedSchedule(PaceUs: 10_000);

        Assert.Equal([-500, 2_000, 4_500, 7_000], Enumerable.Range(0, 4).Select(user => schedule.FirstUs(-500, user, users: 4)));
    }

    [Fact]
    public void A_budget_is_spent_to_the_request()
    {
        var budget = new RequestBudget(3);

        Assert.Equal([true, true, true, false, false], Enumerable.Range(0, 5).Select(_ => budget.TryTake()));
    }
}
