using System.Text;
using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Decisions;

/// <summary>What is kept of a reservation: what settling it needs, and no more.</summary>
public sealed class ReservationsTests : IPolicySource
{
    private const string Document =
        """
        defaultPlan: a
        plans:
          a:
            limits:
              per-key: { rate: 10/h, burst: 1x }
              by-model: { by: [key, model], when: { region: [eu, us] }, rate: 20/h, burst: 1x }
              by-address: { by: [ip/64], rate: 30/h, burst: 1x }
        """;

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly MemoryStore _memory;
    private readonly MemoryStore _trial;
    private readonly RateLimiter _limiter;
    private readonly Reservations _reservations;

    public ReservationsTests()
    {
        (_memory, _trial) = (Some.Memory(_time), Some.Memory(_time));
        _limiter = new RateLimiter(this, _memory, _time, new CandidateTrial(this, new Lazy<IBucketStore>(() => _trial), _time));
        _reservations = new Reservations(_limiter, _memory, _memory);
    }

    public PolicySet Current { get; } = PolicyDocument.Parse(Document, "test");

    public PolicySet? Candidate { get; private set; }

    private async Task<string> KeptAsync(string id)
    {
        Assert.True(ReservationId.TryParse(id, out var parsed));
        var (kept, _) = await _memory.RecallAsync(parsed.Tenant, parsed.Number);
        return Encoding.UTF8.GetString(kept!.Text);
    }

    private async Task<string> ReserveAsync(params (string Name, string Value)[] attributes) =>
        (await _reservations.ReserveAsync(new RequestFacts("acme", "k", 5, attributes.ToDictionary(pair => pair.Name, pair => pair.Value)), TimeSpan.FromHours(1))).Id!;

    [Fact]
    public async Task L10_attributes_that_no_limit_is_keyed_by_are_not_kept()
    {
        string id = await ReserveAsync([.. Enumerable.Range(0, 16).Select(i => ($"attribute{i}", new string('x', Bounds.MaxAttributeBytes)))]);
        Assert.InRange((await KeptAsync(id)).Length, 1, 150);
        Assert.DoesNotContain("attribute", await KeptAsync(id), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model", "m1", true)]
    [InlineData("ip", "2001:db8::1", true)]
    [InlineData("region", "eu", false)]
    [InlineData("other", "x", false)]
    public async Task An_attribute_is_kept_if_a_limit_that_was_asked_is_keyed_by_it(string name, string value, bool isKept)
    {
        string id = await ReserveAsync(name == "region" ? [("model", "m1"), (name, value)] : name == "model" ? [(name, value), ("region", "us")] : [(name, value)]);
        Assert.Equal(isKept, (await KeptAsync(id)).Contains($"\"{name}\":\"{value}\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_limit_that_did_not_apply_keeps_no_attribute()
    {
        string id = await ReserveAsync(("model", "m1"), ("region", "asia"));
        Assert.DoesNotContain("m1", await KeptAsync(id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_settled_comes_back_to_the_buckets_of_its_attributes()
    {
        (string, string)[] attributes = [("model", "m1"), ("region", "eu"), ("ip", "1.2.3.4"), ("unused", "u")];
        string id = await ReserveAsync(attributes);
        var facts = new RequestFacts("acme", "k", 0, attributes.ToDictionary(pair => pair.Item1, pair => pair.Item2));
        async Task<string> Left() => string.Join(" ", (await _limiter.CheckAsync(facts)).Limits().Select(limit => limit.Remaining));
        Assert.Equal("5 15 25", await Left());
        Assert.Equal(SettlementOutcome.Settled, (await _reservations.CommitAsync(id, 2)).Outcome);
        Assert.Equal("8 18 28", await Left());
    }

    [Fact]
    public async Task A_candidate_is_given_back_what_it_spent_by_attributes_that_only_it_looks_at()
    {
        Candidate = PolicyDocument.Parse("defaultPlan: a\nplans: { a: { limits: { route: { by: [route], when: { size: [big] }, rate: 100/h, burst: 1x } } } }\n", "candidate");
        string id = await ReserveAsync(("route", "/a"), ("size", "big"), ("unused", "u"));
        Assert.DoesNotContain("unused", await KeptAsync(id), StringComparison.Ordinal);
        var limits = Candidate.Resolve(new RequestFacts("acme", "k", 0, new Dictionary<string, string> { ["route"] = "/a", ["size"] = "big" }));
        async Task<long> SpentAsync() => (await _trial.CheckAsync(limits))[0].State.Spent;
        await Until.TrueAsync(async () => await SpentAsync() > 0, () => "the reservation was not tried");
        await _reservations.CancelAsync(id);
        await Until.TrueAsync(async () => await SpentAsync() == 0, () => "it is spent still");
        Assert.Equal(1, _trial.Used);
    }

    [Fact]
    public async Task The_same_request_with_another_attribute_is_another_one_though_no_limit_looks_at_it()
    {
        async Task<bool> Conflicts(string value) => (await _reservations.ReserveAsync(
            new RequestFacts("acme", "k", 1, new Dictionary<string, string> { ["unused"] = value }), TimeSpan.FromHours(1), "once")).Conflict;
        Assert.False(await Conflicts("a"));
        Assert.False(await Conflicts("a"));
        Assert.True(await Conflicts("b"));
    }
}
