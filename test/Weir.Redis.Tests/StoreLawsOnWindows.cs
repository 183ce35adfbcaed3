using CsCheck;

namespace Weir.Redis.Tests;

/// <summary>Windows of several units and with other starts, in every store.</summary>
public abstract partial class StoreLaws
{
    private static readonly WindowPeriod[] Periods =
    [
        new(WindowUnit.Second, 2), new(WindowUnit.Minute, 15), new(WindowUnit.Hour, 8) { At = new TimeOnly(22, 0) }, new(WindowUnit.Day) { At = new TimeOnly(6, 30) },
        new(WindowUnit.Day, 10) { FromDate = new DateOnly(2026, 1, 6) }, new(WindowUnit.Week, 2) { FromDay = DayOfWeek.Sunday, At = new TimeOnly(6, 0) }, new(WindowUnit.Month, 2),
    ];

    [Fact]
    public Task L8_windows_of_several_units_agree_with_the_reference() => Gen.Select(Gen.Int[0, Periods.Length - 1], Gen.Long[1, 6].Array[4, 12]).SampleAsync(
        async history =>
        {
            string key = FreshKey();
            Assert.True(WindowQuota.TryCreate(15, Periods[history.Item1], "America/New_York", out var quota, out _));
            var limit = new Limit("w", [Limit.KeyDimension], quota);
            var state = default(BucketState);
            foreach (long cost in history.Item2)
            {
                var answer = await Take(Request(key, cost, limit));
                var after = state;
                var outcome = quota.Take(ref after, answer.Time, cost);
                Assert.Equal(outcome, answer.Outcome);
                if (outcome == BucketOutcome.Allowed)
                    state = after;
                Assert.Equal((quota.TokensLeft(state, answer.Time), quota.Calendar.Around(answer.Time.WallUs).EndUs), (quota.TokensLeft(answer[0].State, answer.Time), answer[0].State.At));
                if (cost == 6)
                    await PassAsync(TimeSpan.FromMilliseconds(450));
            }
        },
        iter: Math.Max(2, Iterations / 10),
        threads: 1);
}
