using Weir.Testing;

namespace Weir.Tests.Buckets;

public sealed class TokenBucketTests
{
    private const long Now = 1_000_000_000;

    private BucketState _state;

    private BucketOutcome Take(long cost, long nowUs, TokenQuota? quota = null) => TokenBucket.Take(quota ?? Some.Quota, ref _state, nowUs, cost);

    [Fact]
    public void A_new_bucket_allows_its_whole_capacity_at_once_and_not_a_token_more()
    {
        Assert.Equal(BucketOutcome.Allowed, Take(10, Now));
        Assert.Equal(BucketOutcome.Refused, Take(1, Now));
    }

    [Fact]
    public void A_token_is_back_exactly_when_its_time_is_over()
    {
        Take(10, Now);
        Assert.Equal(BucketOutcome.Refused, Take(1, Now + 199_999));
        Assert.Equal(BucketOutcome.Allowed, Take(1, Now + 200_000));
    }

    [Fact]
    public void A_bucket_never_holds_more_than_its_capacity()
    {
        Take(1, Now);
        Assert.Equal(BucketOutcome.Allowed, Take(10, Now + 3_600_000_000));
        Assert.Equal(BucketOutcome.Refused, Take(1, Now + 3_600_000_000));
    }

    [Fact]
    public void A_cost_above_the_capacity_never_fits_and_spends_nothing()
    {
        var before = _state;
        Assert.Equal(BucketOutcome.NeverFits, Take(11, Now));
        Assert.Equal(before, _state);
    }

    [Fact]
    public void The_largest_cost_there_is_overflows_nothing()
    {
        Assert.Equal(BucketOutcome.NeverFits, Take(Bounds.MaxCost, Now));
        var large = TokenQuota.Create(1, TimeSpan.FromMicroseconds(1), Bounds.MaxCost);
        Assert.Equal(BucketOutcome.Allowed, Take(Bounds.MaxCost, Now, large));
    }

    [Fact]
    public void L2_a_refusal_changes_nothing()
    {
        Take(9, Now);
        var before = _state;
        Assert.Equal(BucketOutcome.Refused, Take(2, Now + 1));
        Assert.Equal(before, _state);
    }

    [Fact]
    public void L5_a_clock_that_steps_back_mints_nothing()
    {
        Take(10, Now);
        Assert.Equal(BucketOutcome.Refused, Take(1, Now - 500_000));
        Assert.Equal(BucketOutcome.Refused, Take(1, Now + 199_999));
    }

    [Fact]
    public void L5_a_clock_that_steps_back_by_hours_freezes_a_bucket_for_a_second()
    {
        Take(10, Now);
        long hoursAgo = Now - 7_200_000_000;
        Assert.Equal(BucketOutcome.Refused, Take(1, hoursAgo));
        Assert.Equal(BucketOutcome.Refused, Take(1, hoursAgo + 1_199_999));
        Assert.Equal(BucketOutcome.Allowed, Take(1, hoursAgo + 1_200_000));
    }

    [Fact]
    public void L5_a_clock_that_swings_within_a_second_mints_nothing()
    {
        Take(10, Now);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(BucketOutcome.Refused, Take(1, Now - 900_000));
            Assert.Equal(BucketOutcome.Refused, Take(1, Now + 100_000));
        }
    }

    [Fact]
    public void A_clock_that_has_run_for_centuries_overflows_nothing()
    {
        var fast = TokenQuota.Create(10_000_000, TimeSpan.FromSeconds(1), 10);
        Take(10, 0, fast);
        Assert.Equal(BucketOutcome.Allowed, Take(10, (1L << 53) - 1, fast));
    }

    [Fact]
    public void Spent_stays_spent_when_the_unit_changes_rounded_against_the_caller()
    {
        // Two and a half tokens of 200,000 units are two and a half of 20,000, and a unit more for the doubt.
        Assert.Equal(50_001, TokenBucket.Rescale(500_000, 200_000, 20_000));
        Assert.Equal(40_000, TokenBucket.Rescale(400_000, 200_000, 20_000));
        Assert.Equal(0, TokenBucket.Rescale(0, 200_000, 20_000));
        Assert.Equal(7, TokenBucket.Rescale(7, 200_000, 200_000));
    }

    [Fact]
    public void A_coarse_clock_counts_no_tick_that_has_not_passed()
    {
        var coarse = TokenQuota.Create(10_000_019, TimeSpan.FromDays(1), 20_000_038);
        _state = new BucketState(coarse.CapacityUnits, Now + 1);
        Assert.Equal(coarse.CapacityUnits, TokenBucket.SpentAt(coarse.Rate, _state, Now + 1_000));
        Assert.Equal(coarse.CapacityUnits - coarse.Rate.UnitsPerTick, TokenBucket.SpentAt(coarse.Rate, _state, Now + 2_000));
    }
}
