using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Redis.Tests.Leases;

/// <summary>A refund makes refusals from before it untrue, at the cost of a number here and a message for many.</summary>
public sealed class GivenBackTests
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 100);

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly KnownBuckets _known;
    private readonly Leasing _leases;

    public GivenBackTests()
    {
        _known = new KnownBuckets(65_536, _time) { HorizonUs = 20_000 };
        _leases = new Leasing(_known);
        _time.Advance(TimeSpan.FromMilliseconds(1));
    }

    private static BucketCommand Take(string tenant) => new(
        new Plan("p", [new Limit("l", [Limit.KeyDimension], Slow)], OnOutage.Local)
            .Resolve(new RequestFacts(tenant, "k", 1)),
        BucketOperation.Take);

    /// <summary>Asks, and answers that the bucket is used up.</summary>
    private LeaseTrip Ask(string tenant)
    {
        Assert.False(_leases.TryDecide(Take(tenant), out _, out var trip));
        return trip!;
    }

    private void Refuse(string tenant) => Refuse(tenant, Ask(tenant));

    private void Refuse(string tenant, LeaseTrip trip)
    {
        long now = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var state = new BucketState(Slow.CapacityUnits, now);
        _known.Learn(Take(tenant), new BucketResult(BucketOutcome.Refused, state, new StoreTime(now, now), DecisionSource.Redis), trip);
        trip.Return();
    }

    private bool Knows(string tenant) => _leases.TryDecide(Take(tenant), out _, out _);

    [Fact]
    public void A_refusal_from_before_a_refund_is_not_believed_and_one_from_after_it_is()
    {
        Refuse("acme");
        Assert.True(Knows("acme"));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        _leases.Forget("acme");
        Assert.False(Knows("acme"));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Refuse("acme");
        Assert.True(Knows("acme"));
    }

    [Fact]
    public void A_refusal_that_was_on_its_way_when_the_refund_came_is_not_believed()
    {
        var trip = Ask("acme");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _leases.Forget("acme");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Refuse("acme", trip);
        Assert.False(Knows("acme"));
    }

    [Fact]
    public void L9_refusals_of_other_tenants_are_believed_all_the_same()
    {
        string[] tenants = [.. Enumerable.Range(0, 200).Select(i => $"tenant{i}")];
        foreach (string tenant in tenants)
            Refuse(tenant);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _leases.Forget("tenant0");
        Assert.False(Knows("tenant0"));
        // Of 4,096 times, it may share one with another tenant or two, and with no 64th of them.
        Assert.InRange(tenants.Count(tenant => Knows(tenant)), 196, 199);
    }

    [Fact]
    public void Refunds_are_told_of_together_and_every_tenant_once()
    {
        var told = new List<string>();
        var notice = new GivenBackNotice(told.Add, _time);
        for (int i = 0; i < 1_000; i++)
            notice.Add($"tenant{i % 3}");
        Assert.Empty(told);
        _time.Advance(GivenBackNotice.Interval);
        Assert.Equal(["tenant0", "tenant1", "tenant2"], GivenBackNotice.TenantsIn(Assert.Single(told)));

        _time.Advance(GivenBackNotice.Interval);
        Assert.Single(told);
        notice.Add("acme");
        _time.Advance(GivenBackNotice.Interval);
        Assert.Equal("acme", told[^1]);
    }

    [Theory]
    [InlineData(64, 1)]
    [InlineData(65, 2)]
    [InlineData(1_000, 16)]
    public void L10_a_message_names_a_bounded_number_of_tenants(int tenants, int messages)
    {
        var told = new List<string>();
        var notice = new GivenBackNotice(told.Add, _time);
        for (int i = 0; i < tenants; i++)
            notice.Add($"tenant{i}");
        _time.Advance(GivenBackNotice.Interval);
        Assert.Equal(messages, told.Count);
        int[] named = [.. told.Select(message => GivenBackNotice.TenantsIn(message).Length)];
        Assert.All(named, number => Assert.InRange(number, 1, GivenBackNotice.TenantsAtOnce));
        Assert.Equal(tenants, named.Sum());
    }
}
