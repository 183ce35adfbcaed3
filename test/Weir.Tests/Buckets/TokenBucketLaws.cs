using System.Numerics;
using CsCheck;
using Weir.Testing;

namespace Weir.Tests.Buckets;

/// <summary>The laws of one bucket, on random quotas and histories. A failure prints the seed that repeats it.</summary>
public sealed class TokenBucketLaws
{
    private const long Start = 1_750_000_000_000_000;

    private static readonly Gen<(TokenQuota Quota, (long Pause, long Cost)[] Steps)> History =
        from quota in Quotas.Any
        from steps in Gen.Select(Quotas.PauseFor(quota), Quotas.CostFor(quota)).Array[1, 200]
        select (quota, steps);

    [Fact]
    public void L1_over_any_interval_admitted_cost_is_within_capacity_and_rate() => History.Sample(history =>
    {
        var (quota, steps) = history;
        var bound = new IntervalBound(quota);
        var state = default(BucketState);
        long now = Start;
        foreach (var (pause, cost) in steps)
        {
            now += pause;
            if (TokenBucket.Take(quota, ref state, now, cost) == BucketOutcome.Allowed)
                bound.Admit(now, cost);
        }

        Assert.Equal(0, bound.UnitsOver);
    });

    [Fact]
    public void L3_a_refused_take_is_refused_until_its_retry_time_and_allowed_at_it() => History.Sample(history =>
    {
        var (quota, steps) = history;
        var state = default(BucketState);
        long now = Start;
        foreach (var (pause, cost) in steps)
        {
            now += pause;
            if (TokenBucket.Take(quota, ref state, now, cost) != BucketOutcome.Refused)
                continue;
            long wait = TokenBucket.MicrosecondsUntil(quota.Rate, state, now, quota.CapacityUnits - quota.UnitsOf(cost));
            Assert.True(wait > 0);
            Assert.Equal(BucketOutcome.Refused, TakeCopy(quota, state, now + wait - 1, cost));
            Assert.Equal(BucketOutcome.Refused, TakeCopy(quota, state, now + (wait / 2), cost));
            Assert.Equal(BucketOutcome.Allowed, TakeCopy(quota, state, now + wait, cost));
        }
    });

    [Fact]
    public void L4_ten_million_operations_agree_with_a_big_integer_oracle_to_the_unit()
    {
        const int Operations = 10_000_000, PerHistory = 10_000;
        var random = new Random(20_260_101);
        for (int done = 0; done < Operations; done += PerHistory)
            CompareWithOracle(random, PerHistory);
    }

    [Fact]
    public void L4_histories_of_every_quota_agree_with_the_oracle() => History.Sample(history =>
    {
        var (quota, steps) = history;
        var oracle = new BigBucket(quota);
        var state = default(BucketState);
        long now = Start;
        foreach (var (pause, cost) in steps)
        {
            now += pause;
            Assert.Equal(oracle.Take(now, cost), TokenBucket.Take(quota, ref state, now, cost));
            Assert.Equal(oracle.Spent, state.Spent);
        }
    });

    [Fact]
    public void L5_whatever_the_clock_does_no_more_is_admitted_than_its_forward_steps_allow() =>
        Gen.Select(Quotas.Any, Gen.Long[-5_000_000, 5_000_000].Array[1, 100]).Sample((quota, steps) =>
        {
            var state = default(BucketState);
            long now = Start;
            BigInteger admitted = 0, forward = 0;
            foreach (long step in steps)
            {
                now += step;
                forward += Math.Max(0, step);
                if (TokenBucket.Take(quota, ref state, now, 1) == BucketOutcome.Allowed)
                    admitted += quota.Rate.UnitsPerToken;
            }

            // A coarse clock may see a tick begin at each step.
            var ticks = (forward / quota.Rate.TickUs) + (quota.Rate.TickUs == 1 ? 0 : steps.Length);
            Assert.True(admitted <= quota.CapacityUnits + (ticks * quota.Rate.UnitsPerTick));
        });

    private static BucketOutcome TakeCopy(TokenQuota quota, BucketState state, long now, long cost) =>
        TokenBucket.Take(quota, ref state, now, cost);

    private static void CompareWithOracle(Random random, int operations)
    {
        var quota = TokenQuota.Create(1 + random.Next(1_000), TimeSpan.FromMilliseconds(1 + random.Next(100_000)), 1 + random.Next(10_000));
        long tokenUs = (quota.Rate.UnitsPerToken / quota.Rate.UnitsPerTick) + 1;
        var oracle = new BigBucket(quota);
        var state = default(BucketState);
        long now = Start;
        for (int i = 0; i < operations; i++)
        {
            now += random.Next((int)Math.Min(int.MaxValue, tokenUs * 3));
            long cost = 1 + random.Next(3);
            if (oracle.Take(now, cost) != TokenBucket.Take(quota, ref state, now, cost) || oracle.Spent != state.Spent)
                Assert.Fail($"{quota} at operation {i}: {state} where the oracle has spent {oracle.Spent}");
        }
    }
}
