using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Redis.Tests.Leases;

/// <summary>A refund makes refusals from before it untrue, at the cost of a number here and a message for many.</summary>
public sealed class GivenBackTests
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 100);

    private readonly FakeTimeProvider _time = Some.Clock();

    private static StoreAsk Take(string tenant, string key = "k") => new(
        new Plan("p", [new Limit("l", [Limit.KeyDimension], Slow)], OnOutage.Local)
            .Resolve(new RequestFacts(tenant, key, 1)),
        StoreVerb.Take);

    /// <summary>Asks, and answers that the bucket is used up.</summary>
    private static LeaseTrip Ask(LeaseTable table, string tenant, string key = "k")
    {
        Assert.False(table.TryDecide(Take(tenant, key), out _, out var trip));
        return trip!;
    }

    private void Refuse(LeaseTrip trip)
    {
        var keys = new Words();
        keys.Add("key"u8);
        long now = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var state = new BucketState(Slow.CapacityUnits, now);
        trip.Learn([new BucketLine(BucketOutcome.Refused, state)], [0], new StoreTime(now, now), keys);
        trip.Return();
    }

    private static bool Knows(LeaseTable table, string tenant, string key = "k") =>
        table.TryDecide(Take(tenant, key), out _, out _);

    private LeaseTable Table()
    {
        var table = new LeaseTable(65_536, TimeSpan.FromMilliseconds(20), _time);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        return table;
    }

    [Fact]
    public void A_refusal_from_before_a_refund_is_not_believed_and_one_from_after_it_is()
    {
        var table = Table();
        Refuse(Ask(table, "acme"));
        Assert.True(Knows(table, "acme"));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        table.Forget("acme");
        Assert.False(Knows(table, "acme"));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Refuse(Ask(table, "acme"));
        Assert.True(Knows(table, "acme"));
    }

    [Fact]
    public void A_refusal_that_was_on_its_way_when_the_refund_came_is_not_believed()
    {
        var table = Table();
        var trip = Ask(table, "acme");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        table.Forget("acme");
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Refuse(trip);
        Assert.False(Knows(table, "acme"));
    }

    [Fact]
    public void L9_refusals_of_other_tenants_are_believed_all_the_same()
    {
        var table = Table();
        string[] tenants = [.. Enumerable.Range(0, 200).Select(i => $"tenant{i}")];
        foreach (string tenant in tenants)
            Refuse(Ask(table, tenant));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        table.Forget("tenant0");
        Assert.False(Knows(table, "tenant0"));
        // Of 4,096 times, it may share one with another tenant or two, and with no 64th of them.
        Assert.InRange(tenants.Count(tenant => Knows(table, tenant)), 196, 199);
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
