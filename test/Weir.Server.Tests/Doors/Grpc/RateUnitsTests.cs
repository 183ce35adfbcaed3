using Weir.Server.Envoy;

namespace Weir.Server.Tests.Doors.Grpc;

public sealed class RateUnitsTests
{
    [Theory]
    [InlineData("rate: 5/s", 5, "Second")]
    [InlineData("rate: 20/10s", 2, "Second")]
    [InlineData("rate: 1/10s", 6, "Minute")]
    [InlineData("rate: 600/m", 600, "Minute")]
    [InlineData("rate: 90/90s", 60, "Minute")]
    [InlineData("rate: 10/7s", 864_000, "Week")]
    [InlineData("rate: 1000/h", 1_000, "Hour")]
    [InlineData("rate: 10000/day", 10_000, "Day")]
    [InlineData("rate: 7/7d", 7, "Week")]
    [InlineData("rate: 3/2d", 45, "Month")]
    [InlineData("rate: 1/11s", 54_981, "Week")]
    [InlineData("rate: 1/360d", 1, "Year")]
    [InlineData("window: { limit: 0, every: day }", 0, "Day")]
    [InlineData("window: { limit: 100, every: day }", 100, "Day")]
    [InlineData("window: { limit: 100, every: 15m }", 400, "Hour")]
    [InlineData("window: { limit: 100, every: 2 weeks }", 50, "Week")]
    [InlineData("window: { limit: 100, every: month }", 100, "Month")]
    [InlineData("window: { limit: 100, every: quarter }", 400, "Year")]
    [InlineData("window: { limit: 99, every: quarter }", 33, "Month")]
    [InlineData("window: { limit: 100, every: year }", 100, "Year")]
    [InlineData("window: { limit: 9000000000, every: day }", uint.MaxValue, "Day")]
    [InlineData("concurrency: { limit: 4 }", 4, "Unknown")]
    public void A_quota_is_requests_per_the_largest_unit_within_its_period_that_is_exact(string quota, uint requests, string unit)
    {
        var set = PolicyDocument.Parse($"defaultPlan: a\nplans: {{ a: {{ limits: {{ one: {{ {quota} }} }} }} }}\n", "test");
        var rate = RateUnits.Of(set.DefaultPlan.Limits[0].Quota);
        Assert.Equal((requests, unit), (rate.Requests, $"{rate.Unit}"));
    }

    [Fact]
    public void Every_unit_of_a_descriptors_own_limit_is_a_time_and_unknown_ones_are_none()
    {
        foreach (var unit in Enum.GetValues<RateLimitUnit>())
            Assert.Equal(unit == RateLimitUnit.Unknown, RateUnits.SecondsOf(unit) is null);
        Assert.Equal(604_800, RateUnits.SecondsOf(RateLimitUnit.Week));
        Assert.Null(RateUnits.SecondsOf((RateLimitUnit)8));
    }
}
