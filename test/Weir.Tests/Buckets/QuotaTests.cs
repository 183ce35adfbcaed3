namespace Weir.Tests.Buckets;

public sealed class QuotaTests
{
    [Theory]
    [InlineData(5, 1, 10, 1, 200_000, 1)]
    [InlineData(50, 1, 100, 1, 20_000, 1)]
    [InlineData(3, 1, 6, 1, 1_000_000, 3)]
    [InlineData(100, 60, 200, 1, 600_000, 1)]
    [InlineData(10_000, 86_400, 20_000, 1, 8_640_000, 1)]
    public void Units_are_the_smallest_that_make_refill_whole(long tokens, int seconds, long capacity, long tickUs, long unitsPerToken, long unitsPerTick)
    {
        var rate = TokenQuota.Create(tokens, TimeSpan.FromSeconds(seconds), capacity).Rate;
        Assert.Equal((tickUs, unitsPerToken, unitsPerTick), (rate.TickUs, rate.UnitsPerToken, rate.UnitsPerTick));
    }

    [Fact]
    public void A_bucket_too_large_for_microseconds_counts_in_milliseconds()
    {
        var quota = TokenQuota.Create(10_000_019, TimeSpan.FromDays(1), 20_000_038);
        Assert.Equal(1_000, quota.Rate.TickUs);
        Assert.True(quota.CapacityUnits < 1L << 53);
    }

    [Fact]
    public void A_bucket_too_large_for_milliseconds_counts_in_seconds()
    {
        var quota = TokenQuota.Create(1_000_000_007, TimeSpan.FromDays(1), 2_000_000_014);
        Assert.Equal(1_000_000, quota.Rate.TickUs);
        Assert.True(quota.CapacityUnits < 1L << 53);
    }

    [Fact]
    public void A_bucket_too_large_for_seconds_is_refused_with_the_cure()
    {
        Assert.False(TokenQuota.TryCreate((1L << 40) + 1, TimeSpan.FromDays(1), 1L << 41, out _, out string? error));
        Assert.Contains("lower the burst or the period", error);
    }

    [Fact]
    public void A_bucket_that_takes_centuries_to_fill_is_refused_with_the_cure()
    {
        Assert.True(TokenQuota.TryCreate(1, TimeSpan.FromDays(1), 36_525, out _, out _));
        Assert.False(TokenQuota.TryCreate(1, TimeSpan.FromDays(1), 36_526, out _, out string? error));
        Assert.Contains("lower the burst or raise the rate", error);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(-1, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, -1, 1)]
    [InlineData(1, 1, 0)]
    [InlineData(1, 40_000_000, 1)]
    public void Numbers_that_make_no_quota_are_refused(long tokens, int seconds, long capacity)
    {
        Assert.False(TokenQuota.TryCreate(tokens, TimeSpan.FromSeconds(seconds), capacity, out var quota, out string? error));
        Assert.Null(quota);
        Assert.NotEmpty(error);
        Assert.Throws<ArgumentException>(() => TokenQuota.Create(tokens, TimeSpan.FromSeconds(seconds), capacity));
    }

    [Fact]
    public void Equal_numbers_make_equal_quotas_whose_rates_have_one_number()
    {
        var one = TokenQuota.Create(7, TimeSpan.FromSeconds(3), 9);
        var other = TokenQuota.Create(7, TimeSpan.FromSeconds(3), 9);
        Assert.Equal(one, other);
        Assert.Equal(one.Rate.Id, other.Rate.Id);
        Assert.Equal(one.Rate, RefillRate.ById(one.Rate.Id));
    }

    [Fact]
    public void L10_a_rate_that_nobody_decides_by_has_no_number()
    {
        // Primes, so that no other test has such rates.
        var period = TimeSpan.FromSeconds(104_729);
        var quotas = Enumerable.Range(0, 100).Select(i => TokenQuota.Create(7_919 + i, period, 9)).ToArray();
        Assert.Empty(quotas.Select(quota => quota.Rate).Intersect(RefillRate.All().ToArray()));
    }
}
