using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Decisions;

/// <summary>Requests that lack a dimension of a limit: <c>missing: skip</c>, <c>deny</c> or <c>together</c>.</summary>
public sealed class MissingDimensionTests : IPolicySource
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly MemoryStore _memory;
    private readonly CandidateTrial _trial;
    private readonly RateLimiter _limiter;

    public MissingDimensionTests()
    {
        _memory = Some.Memory(_time);
        _trial = new CandidateTrial(this, new Lazy<IBucketStore>(() => Some.Memory(_time)), _time);
        _limiter = new RateLimiter(this, _memory, _time, _trial);
    }

    public PolicySet Current { get; private set; } = Document("");

    public PolicySet? Candidate { get; private set; }

    private static PolicySet Document(string limits) =>
        PolicyDocument.Parse($"defaultPlan: a\nplans:\n  a:\n    limits:\n      per-key: {{ rate: 10/h, burst: 1x }}\n{limits}", "test");

    private void Use(params string[] limits) => Current = Document(string.Concat(limits.Select(limit => $"      {limit}\n")));

    private static RequestFacts Facts(string key, params (string Name, string Value)[] attributes) =>
        new("acme", key, 1, attributes.ToDictionary(pair => pair.Name, pair => pair.Value));

    private Decision Take(RequestFacts facts) => _limiter.TakeAsync(facts).Result;

    private long Left(string key) => _limiter.CheckAsync(Facts(key, ("ip", "1.1.1.1"), ("region", "eu")) with { Cost = 0 }).Result.Limits()
        .Single(line => line.Limit.Name == "per-key").Remaining;

    [Theory]
    [InlineData("")]
    [InlineData(", missing: skip")]
    public void A_skipped_limit_does_not_apply_and_the_decision_names_it(string missing)
    {
        Use($"per-ip: {{ by: [ip], rate: 1/h, burst: 1{missing} }}", $"per-region: {{ by: [region, ip], rate: 1/h, burst: 1{missing} }}");
        for (int i = 0; i < 3; i++)
        {
            var decision = Take(Facts("k", ("region", "eu")));
            Assert.True(decision.Allowed);
            Assert.True(decision.HasSkipped);
            Assert.Equal(["per-ip", "per-region"], decision.Skipped());
            Assert.Equal("per-key", Assert.Single(decision.Limits()).Limit.Name);
        }

        var whole = Take(Facts("k", ("region", "eu"), ("ip", "1.1.1.1")));
        Assert.Equal((true, false), (whole.Allowed, whole.HasSkipped));
        Assert.Empty(whole.Skipped());
    }

    [Theory]
    [InlineData("when: { route: \"/x*\" }", "/y")]
    [InlineData("when: { route: \"/x*\" }", null)]
    [InlineData("unless: { route: \"/y\" }", "/y")]
    public void A_limit_that_is_not_meant_for_a_request_is_not_skipped_and_denies_nobody(string conditions, string? route)
    {
        Use($"skips: {{ by: [ip], {conditions}, rate: 1/h }}", $"denies: {{ by: [ip], {conditions}, rate: 1/h, missing: deny }}");
        var decision = Take(route is null ? Facts("k") : Facts("k", ("route", route)));
        Assert.True(decision.Allowed);
        Assert.False(decision.HasSkipped);
    }

    [Fact]
    public void Skipped_limits_are_reported_also_where_no_limit_applies_and_in_a_check()
    {
        Current = PolicyDocument.Parse("defaultPlan: a\nplans: { a: { limits: { l: { by: [ip], rate: 1/h } } } }\n", "test");
        Assert.Equal(["l"], Take(Facts("k")).Skipped());
        Assert.Equal(["l"], _limiter.CheckAsync(Facts("k")).Result.Skipped());
        Assert.Equal(["l"], _limiter.ExplainAsync(Facts("k")).AsTask().Result.Decision.Skipped());
    }

    [Fact]
    public void L2_a_denied_request_spends_nothing_and_is_told_the_limit_and_the_dimension()
    {
        Use("per-ip: { by: [ip, region], rate: 7/h, burst: 1x, missing: deny }");
        for (int i = 0; i < 3; i++)
        {
            var denied = Take(Facts("k", ("region", "eu")));
            Assert.Equal((DecisionOutcome.MissingDimension, "per-ip", 0L, null), (denied.Outcome, denied.Limit!.Name, denied.Remaining, denied.RetryAfter));
            Assert.Equal("the limit per-ip counts by ip, which the request lacks: send it in attributes", denied.Reason);
            Assert.Equal("per-ip", Assert.Single(denied.Limits()).Limit.Name);
        }

        Assert.Equal("the limit per-ip counts by ip and region, which the request lacks: send it in attributes", Take(Facts("k")).Reason);
        Assert.Equal(DecisionOutcome.MissingDimension, _limiter.CheckAsync(Facts("k")).Result.Outcome);
        Assert.Equal(DecisionOutcome.MissingDimension, _limiter.TakeAsync(Facts("k"), "once").Result!.Value.Outcome);
        Assert.Equal(10, Left("k"));
        Assert.Equal((true, 6L), (Take(Facts("k", ("region", "eu"), ("ip", "1"))).Allowed, _limiter.CheckAsync(Facts("k", ("region", "eu"), ("ip", "1"))).Result.Remaining));
    }

    [Fact]
    public async Task L2_what_a_denied_request_did_not_spend_is_not_refunded_and_cannot_be_reserved()
    {
        Use("per-ip: { by: [ip], rate: 7/h, missing: deny }");
        Take(Facts("k", ("ip", "1.1.1.1")));
        Assert.Equal(DecisionOutcome.MissingDimension, (await _limiter.RefundAsync(Facts("k")))!.Value.Outcome);
        Assert.Equal(DecisionOutcome.MissingDimension, (await _limiter.RefundAsync(Facts("k"), "once"))!.Value.Outcome);
        var reservation = await new Reservations(_limiter, _memory, _memory).ReserveAsync(Facts("k"), TimeSpan.FromMinutes(1));
        Assert.Equal((null, DecisionOutcome.MissingDimension), (reservation.Id, reservation.Decision.Outcome));
        Assert.Equal(9, Left("k"));
    }

    [Fact]
    public async Task A_charge_is_never_denied_and_reports_the_limit_that_does_not_count_it()
    {
        Use("per-ip: { by: [ip], rate: 7/h, missing: deny }");
        var charged = (await _limiter.ChargeAsync(Facts("k")))!.Value;
        Assert.Equal((true, "per-ip"), (charged.Allowed, Assert.Single(charged.Skipped())));
        Assert.Equal(9, Left("k"));
    }

    [Fact]
    public void A_limit_in_shadow_mode_only_says_that_it_would_deny()
    {
        Use("tried: { by: [ip], rate: 7/h, missing: deny, mode: shadow }", "last: { by: [], rate: 100/h, burst: 1x }");
        var decision = Take(Facts("k"));
        Assert.Equal((true, false), (decision.Allowed, decision.HasSkipped));
        Assert.Equal(
            ["per-key Allowed 9", "tried MissingDimension 0", "last Allowed 99"],
            decision.Limits().Select(line => $"{line.Limit.Name} {line.Outcome} {line.Remaining}"));

        Current = PolicyDocument.Parse("defaultPlan: a\nplans: { a: { limits: { l: { by: [ip], rate: 1/h, missing: deny, mode: shadow } } } }\n", "test");
        Assert.Equal((true, DecisionOutcome.MissingDimension), (Take(Facts("k")).Allowed, Assert.Single(Take(Facts("k")).Limits()).Outcome));
    }

    [Fact]
    public void Together_requests_without_a_value_share_a_bucket_apart_from_all_values()
    {
        Use("per-ip: { by: [ip], rate: 3/h, burst: 1x, missing: together }");
        for (int i = 0; i < 3; i++)
            Assert.Equal((true, false), (Take(Facts($"k{i}")) is var taken && taken.Allowed, taken.HasSkipped));
        var refused = Take(Facts("k3"));
        Assert.Equal((DecisionOutcome.Refused, "per-ip"), (refused.Outcome, refused.Limit!.Name));
        foreach (string value in (string[])["", "#", "null", "1.1.1.1"])
            Assert.True(Take(Facts("k4", ("ip", value))).Allowed, value);
    }

    [Fact]
    public void Together_a_value_that_is_there_still_tells_buckets_apart()
    {
        Use("both: { by: [ip, region], rate: 1/h, burst: 1, missing: together }");
        Assert.True(Take(Facts("a", ("region", "eu"))).Allowed);
        Assert.True(Take(Facts("a", ("region", "us"))).Allowed);
        Assert.True(Take(Facts("a", ("ip", "eu"))).Allowed);
        Assert.True(Take(Facts("a")).Allowed);
        Assert.Equal("both", Take(Facts("b", ("region", "eu"))).Limit!.Name);
        Assert.False(Take(Facts("b")).Allowed);
    }

    [Fact]
    public async Task Together_reservations_are_settled_in_the_bucket_that_is_shared()
    {
        Use("per-ip: { by: [ip], rate: 5/h, burst: 1x, missing: together }");
        var reservations = new Reservations(_limiter, _memory, _memory);
        string id = (await reservations.ReserveAsync(Facts("k") with { Cost = 5 }, TimeSpan.FromMinutes(1))).Id!;
        Assert.False(Take(Facts("other")).Allowed);
        Assert.Equal(SettlementOutcome.Settled, (await reservations.CommitAsync(id, 2)).Outcome);
        Assert.Equal(2, Take(Facts("other")).Remaining);
    }

    [Fact]
    public async Task A_candidate_that_denies_is_stricter()
    {
        Candidate = Document("      per-ip: { by: [ip], rate: 7/h, missing: deny }\n");
        Take(Facts("k"));
        Take(Facts("k", ("ip", "1.1.1.1")));
        await Until.TrueAsync(() => _trial.Tally?.Decisions == 2, () => $"{_trial.Tally?.Decisions} were tried");
        Assert.Equal((1L, 0L), (_trial.Tally!.Stricter, _trial.Tally.Laxer));
        Assert.Equal("per-ip", Assert.Single(_trial.Tally.Limits).Name);
    }

    [Fact]
    public void Resolving_what_a_request_lacks_allocates_nothing()
    {
        Use("a: { by: [ip], rate: 1/h }", "b: { by: [ip], rate: 1/h, missing: deny }", "c: { by: [ip], rate: 1/h, missing: together }");
        var facts = Facts("k");
        var set = Current.Resolve(facts);
        Assert.Equal((0b1001u, 0b0010u, 0b0100u), (set.Applying, set.Skipped, set.Denied));
        long bytes = Allocated.ByRunning(() =>
        {
            for (int i = 0; i < 1_000; i++)
                Current.Resolve(facts);
        });
        Assert.Equal(0, bytes);
    }
}
