namespace Weir.Tests.Policies;

public sealed class RateAndBurstTests
{
    [Theory]
    [InlineData("5/s", 5, 1_000)]
    [InlineData("5/sec", 5, 1_000)]
    [InlineData("5/second", 5, 1_000)]
    [InlineData("5/1s", 5, 1_000)]
    [InlineData("005/001s", 5, 1_000)]
    [InlineData("20/10s", 20, 10_000)]
    [InlineData("3/250ms", 3, 250)]
    [InlineData("1/ms", 1, 1)]
    [InlineData("100/m", 100, 60_000)]
    [InlineData("100/min", 100, 60_000)]
    [InlineData("100/15minute", 100, 900_000)]
    [InlineData("1000/h", 1000, 3_600_000)]
    [InlineData("1000/hour", 1000, 3_600_000)]
    [InlineData("10000/day", 10000, 86_400_000)]
    [InlineData("1/366d", 1, 31_622_400_000)]
    [InlineData("9007199254740991/s", 9007199254740991, 1_000)]
    public void A_rate_is_tokens_per_period(string text, long tokens, long milliseconds)
    {
        Assert.True(Rate.TryParse(text, out var rate, out _));
        Assert.Equal(new Rate(tokens, TimeSpan.FromMilliseconds(milliseconds)), rate);
    }

    [Theory]
    [InlineData("1/s\0")]
    [InlineData("1\0/s")]
    [InlineData(" 1/s")]
    [InlineData("１/s")]
    [InlineData("+1/s")]
    [InlineData("1e3/s")]
    public void What_only_looks_like_a_rate_is_none(string text) => Assert.False(Rate.TryParse(text, out _, out _));

    [Theory]
    [InlineData("2x", 5, 10)]
    [InlineData("1x", 5, 5)]
    [InlineData("1.5x", 5, 7)]
    [InlineData("1.5x", 4, 6)]
    [InlineData("0.1x", 5, 1)]
    [InlineData("0.000001x", 1, 1)]
    [InlineData("1.000001x", 1_000_000, 1_000_001)]
    [InlineData("0002.50x", 2, 5)]
    [InlineData("1000x", 9007199254740991, 9007199254740991000)]
    [InlineData("7", 5, 7)]
    [InlineData("3", 5, 3)]
    [InlineData("9007199254740991", 5, 9007199254740991)]
    public void A_burst_is_a_multiple_rounded_down_to_at_least_one_token_or_a_number(string text, long tokens, long capacity)
    {
        Assert.True(Burst.TryParse(text, out var burst, out _));
        Assert.Equal(capacity, burst.CapacityFor(new Rate(tokens, TimeSpan.FromSeconds(1))));
    }
}
