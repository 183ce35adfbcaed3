using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Decisions;

public sealed class RateLimiterTests
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly RateLimiter _limiter;

    public RateLimiterTests() => _limiter = new RateLimiter(
        PolicyDocument.Parse("""
            defaultPlan: free
            plans:
              free: { limits: { per-key: { rate: 5/s } } }
              pro: { limits: { per-key: { rate: 50/s } } }
              by-region: { limits: { per-region: { by: [region], rate: 1/s, burst: 1 } } }
              open: { limits: {} }
            tenants:
              acme: { plan: pro }
              globex: { limits: { per-key: { rate: 20/s } } }
              initech: { plan: by-region }
              hooli: { plan: open }
            """, "test"),
        Some.Memory(_time),
        _time);

    private Decision Take(string tenant = "default", string key = "a", long cost = 1, Dictionary<string, string>? attributes = null) =>
        _limiter.TakeAsync(new RequestFacts(tenant, key, cost, attributes)).Result;

    [Fact]
    public void A_fresh_key_of_the_default_plan_has_nine_left_after_one()
    {
        var decision = Take();
        Assert.Equal((true, 9L, TimeSpan.Zero), (decision.Allowed, decision.Remaining, decision.RetryAfter));
        Assert.Equal(TimeSpan.FromMilliseconds(200), decision.ResetAfter);
        Assert.Equal(("free", "per-key", DecisionSource.Memory, false), (decision.Plan.Name, decision.Limit!.Name, decision.Source, decision.Degraded));
    }

    [Fact]
    public void L3_a_refusal_says_when_and_is_right()
    {
        Take(cost: 10);
        _time.Advance(TimeSpan.FromMilliseconds(130));
        var refused = Take(cost: 3);
        Assert.Equal(DecisionOutcome.Refused, refused.Outcome);
        Assert.Equal(TimeSpan.FromMilliseconds(470), refused.RetryAfter);
        _time.Advance(refused.RetryAfter!.Value - TimeSpan.FromMicroseconds(1));
        Assert.False(Take(cost: 3).Allowed);
        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.True(Take(cost: 3).Allowed);
    }

    [Fact]
    public void A_cost_above_the_capacity_never_fits_and_has_no_later()
    {
        var decision = Take(cost: 11);
        Assert.Equal((DecisionOutcome.NeverFits, null), (decision.Outcome, decision.RetryAfter));
        Assert.Equal(10, decision.Remaining);
    }

    [Fact]
    public void A_check_of_cost_0_says_how_the_bucket_stands()
    {
        Take(cost: 4);
        var decision = _limiter.CheckAsync(new RequestFacts("default", "a", 0)).Result;
        Assert.Equal((true, 6L), (decision.Allowed, decision.Remaining));
    }

    [Theory]
    [InlineData("default", 10)]
    [InlineData("acme", 100)]
    [InlineData("globex", 40)]
    public void Tenants_have_the_capacity_of_their_plan_or_their_own(string tenant, long capacity)
    {
        Assert.True(Take(tenant, cost: capacity).Allowed);
        Assert.False(Take(tenant).Allowed);
    }

    [Fact]
    public void A_limit_whose_dimension_the_request_lacks_does_not_apply()
    {
        for (int i = 0; i < 5; i++)
            Assert.Null(Take("initech").Limit);
        Assert.True(Take("initech", attributes: new() { ["region"] = "eu" }).Allowed);
        Assert.False(Take("initech", "other-key", attributes: new() { ["region"] = "eu" }).Allowed);
        Assert.True(Take("initech", attributes: new() { ["region"] = "us" }).Allowed);
    }

    [Fact]
    public void A_plan_without_limits_allows_all()
    {
        for (int i = 0; i < 1_000; i++)
            Assert.True(Take("hooli", cost: Bounds.MaxCost).Allowed);
    }

    [Theory]
    [InlineData("", "a", 1, "tenant")]
    [InlineData("a b", "a", 1, "tenant")]
    [InlineData("~probe", "a", 1, "tenant")]
    [InlineData("t", "", 1, "key")]
    [InlineData("t", "a", 0, "cost")]
    [InlineData("t", "a", -1, "cost")]
    [InlineData("t", "a", Bounds.MaxCost + 1, "cost")]
    public async Task L10_facts_out_of_bounds_are_refused_by_name(string tenant, string key, long cost, string field)
    {
        var thrown = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _limiter.TakeAsync(new RequestFacts(tenant, key, cost)).AsTask());
        Assert.Equal(field, thrown.ParamName);
    }

    [Fact]
    public void L10_a_key_is_at_most_256_bytes_whatever_its_characters()
    {
        Assert.True(Take(key: new string('k', 256)).Allowed);
        Assert.True(Take(key: new string('é', 128)).Allowed);
        Assert.Throws<ArgumentOutOfRangeException>(() => { Take(key: new string('k', 257)); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { Take(key: new string('é', 129)); });
    }

    [Fact]
    public void L10_attributes_are_at_most_16_of_256_bytes()
    {
        Dictionary<string, string> Of(int count, int length) => Enumerable.Range(0, count).ToDictionary(i => $"a{i}", _ => new string('v', length));
        Assert.True(Take(attributes: Of(16, 256)).Allowed);
        Assert.Throws<ArgumentOutOfRangeException>(() => { Take(attributes: Of(17, 1)); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { Take(attributes: Of(1, 257)); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { Take(attributes: new() { ["key"] = "v" }); });
    }
}
