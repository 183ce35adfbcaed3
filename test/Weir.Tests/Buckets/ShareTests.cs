using CsCheck;
using Weir.Testing;

namespace Weir.Tests.Buckets;

public sealed class ShareTests
{
    private static readonly StoreTime Start = new(1_000_000, 1_767_225_600_000_000);

    private static StoreTime After(long us) => new(Start.NowUs + us, Start.WallUs + us);

    /// <summary>Admissions of all shares of a bucket, each asked as often as it can be.</summary>
    private static long AdmittedAtOnce(Quota quota, int instances, long cost = 1, long spent = 0)
    {
        long admitted = 0;
        for (int i = 0; i < instances; i++)
        {
            var state = default(BucketState);
            quota.Charge(ref state, Start, spent);
            while (new Share(instances).Take(quota, ref state, Start, cost, isLeast: cost == 1) == BucketOutcome.Allowed)
                admitted += cost;
        }

        return admitted;
    }

    [Theory]
    [InlineData(10, 1, 10)]
    [InlineData(10, 4, 8)]
    [InlineData(100, 3, 99)]
    [InlineData(4, 4, 4)]
    public void L7_all_shares_together_are_at_most_the_bucket(long capacity, int instances, long admitted) =>
        Assert.Equal(admitted, AdmittedAtOnce(TokenQuota.Create(1, TimeSpan.FromSeconds(1), capacity), instances));

    [Fact]
    public void L7_what_was_spent_before_is_no_share_s_to_hand_out() =>
        Assert.Equal(40, AdmittedAtOnce(TokenQuota.Create(1, TimeSpan.FromSeconds(1), 100), 4, spent: 60));

    [Fact]
    public void A_share_of_less_than_one_request_is_one_request() =>
        Assert.Equal(4, AdmittedAtOnce(TokenQuota.Create(1, TimeSpan.FromSeconds(1), 2), 4));

    [Fact]
    public void A_window_is_shared_alike()
    {
        Assert.True(WindowQuota.TryCreate(100, WindowUnit.Day, "UTC", out var quota, out _));
        Assert.Equal(100, AdmittedAtOnce(quota, 4));
    }

    [Fact]
    public void A_request_that_fits_the_bucket_but_not_the_share_is_refused_and_told_a_time()
    {
        var quota = TokenQuota.Create(10, TimeSpan.FromSeconds(1), 10);
        var state = default(BucketState);
        Assert.Equal(BucketOutcome.Refused, new Share(4).Take(quota, ref state, Start, 5, isLeast: false));
        Assert.Equal(default, state);
        Assert.Equal(1_000_000, new Share(4).RetryUs(quota, state, Start, 5));
        Assert.Equal(BucketOutcome.NeverFits, new Share(4).Take(quota, ref state, Start, 11, isLeast: false));
    }

    [Fact]
    public void L7_a_share_smaller_than_a_request_admits_no_more_than_its_part_of_the_rate()
    {
        // 2 a second for 8 instances: each may admit one in four seconds.
        var quota = TokenQuota.Create(2, TimeSpan.FromSeconds(1), 2);
        var state = default(BucketState);
        int admitted = 0;
        for (long us = 0; us < 40_000_000; us += 100_000)
            admitted += new Share(8).Take(quota, ref state, After(us), 1, isLeast: true) == BucketOutcome.Allowed ? 1 : 0;
        Assert.Equal(10, admitted);
    }

    [Fact]
    public void What_remains_and_when_to_retry_are_told_of_the_share()
    {
        var quota = TokenQuota.Create(1, TimeSpan.FromSeconds(1), 8);
        var share = new Share(4);
        var state = default(BucketState);
        Assert.Equal(2, share.TokensLeft(quota, state, Start));
        share.Take(quota, ref state, Start, 1, isLeast: true);
        Assert.Equal(1, share.TokensLeft(quota, state, Start));
        share.Take(quota, ref state, Start, 1, isLeast: true);
        Assert.Equal(BucketOutcome.Refused, share.Take(quota, ref state, Start, 1, isLeast: true));
        Assert.Equal(4_000_000, share.RetryUs(quota, state, Start, 1));
        Assert.Equal(BucketOutcome.Refused, share.Take(quota, ref state, After(3_999_999), 1, isLeast: true));
        Assert.Equal(BucketOutcome.Allowed, share.Take(quota, ref state, After(4_000_000), 1, isLeast: true));
    }

    [Fact]
    public void Places_are_shared_and_there_is_one_at_least()
    {
        Assert.True(ConcurrencyQuota.TryCreate(10, TimeSpan.FromMinutes(1), out var quota, out _));
        var held = new BucketState(2, 0);
        Assert.Equal(BucketOutcome.Refused, new Share(4).Take(quota, ref held, Start, 1, isLeast: true));
        held = new BucketState(1, 0);
        Assert.Equal(BucketOutcome.Allowed, new Share(4).Take(quota, ref held, Start, 1, isLeast: true));
        held = default;
        Assert.Equal(BucketOutcome.Allowed, new Share(100).Take(quota, ref held, Start, 1, isLeast: true));
    }

    /// <summary>Shares that are asked at random times for random costs, over any interval.</summary>
    [Fact]
    public void L7_over_any_interval_all_shares_together_stay_within_the_bound() => Gen
        .Select(Gen.Long[1, 500], Gen.Long[1, 1_000], Gen.Int[1, 9], Gen.Select(Gen.Int[0, 8], Gen.Long[0, 50_000], Gen.Long[1, 4]).Array[1, 400])
        .Sample((perSecond, capacity, instances, steps) =>
        {
            var quota = TokenQuota.Create(perSecond, TimeSpan.FromSeconds(1), Math.Max(capacity, instances));
            var bound = new IntervalBound(quota);
            var states = new BucketState[instances];
            long us = 0;
            foreach (var (instance, wait, cost) in steps)
            {
                us += wait;
                if (new Share(instances).Take(quota, ref states[instance % instances], After(us), cost, isLeast: cost == 1) == BucketOutcome.Allowed)
                    bound.Admit(us, cost);
            }

            Assert.Equal(0, bound.UnitsOver);
        });
}
