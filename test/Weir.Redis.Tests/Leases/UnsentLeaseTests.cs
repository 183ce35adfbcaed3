using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Redis.Tests.Leases;

/// <summary>Leased tokens that were to go back with a decision which Redis never got are not lost (law L13).</summary>
public sealed class UnsentLeaseTests
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly KnownBuckets _known;
    private readonly Leasing _leases;

    public UnsentLeaseTests()
    {
        _known = TableOf(_time);
        _leases = new Leasing(_known);
    }

    private static KnownBuckets TableOf(TimeProvider time) => new(1_024, time) { HorizonUs = 20_000 };

    private static BucketCommand Take(Quota quota, long cost) =>
        new(new Plan("p", [new Limit("l", Array.Empty<string>(), quota)], OnOutage.Local).Resolve(new RequestFacts("t", "k", cost)), BucketOperation.Take);

    /// <summary>Has the table hold a lease of some tokens.</summary>
    private void Lease(Quota quota, long tokens, long windowEndUs)
    {
        LeaseTrip? trip = null;
        for (int i = 0; i < 20; i++)
        {
            trip?.Return();
            Assert.False(_leases.TryDecide(Take(quota, 1), out _, out trip));
        }

        Learn(_known, Take(quota, 1), trip!, new BucketState(1, windowEndUs), tokens * quota.Rate.UnitsPerToken);
        trip!.Return();
    }

    private static void Learn(KnownBuckets known, in BucketCommand command, LeaseTrip trip, BucketState state, long leased)
    {
        var line = new BucketLine(BucketOutcome.Allowed, state) { Leased = leased };
        known.Learn(command, new BucketResult(BucketOutcome.Allowed, [line], new StoreTime(1_000_000, 1_000_000), DecisionSource.Redis), trip);
    }

    private static PendingCommand TakeOf(in BucketCommand command, LeaseTrip trip)
    {
        var take = PendingCommand.Of(command, trip);
        take.Arguments.Add("key"u8);
        take.WriteNumbers(redisUs: 1_000_000, horizonUs: 20_000, answerBytes: 0);
        return take;
    }

    private static Quota QuotaOf(bool isWindow) => isWindow ? Some.WindowOf(6_000) : TokenQuota.Create(1, TimeSpan.FromHours(1), 6_000);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void L13_tokens_of_a_decision_that_never_left_are_held_again_and_given_back_when_their_lease_ends(bool isWindow)
    {
        var quota = QuotaOf(isWindow);
        Lease(quota, tokens: 50, windowEndUs: 9_000_000_000_000);
        var command = Take(quota, cost: 100);
        Assert.False(_leases.TryDecide(command, out _, out var trip));
        Assert.Equal(50, trip![0].Back);
        Assert.Equal(0, _leases.Out);

        TakeOf(command, trip).Discard();

        Assert.Equal(1, _leases.Out);
        Assert.Equal([50], _leases.TakeEnded(all: true).Select(ended => ended.Wish.Back));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void L13_a_return_that_never_left_is_tried_again_after_a_pause(bool isWindow)
    {
        var quota = QuotaOf(isWindow);
        Lease(quota, tokens: 50, windowEndUs: 9_000_000_000_000);
        _time.Advance(TimeSpan.FromMilliseconds(21));
        var (limits, wish) = Assert.Single(_leases.TakeEnded());
        var (command, trip) = _leases.ReturnOf(limits, wish);

        TakeOf(command, trip).Discard();

        Assert.Empty(_leases.TakeEnded());
        _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal([50], _leases.TakeEnded().Select(ended => ended.Wish.Back));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tokens_of_a_decision_that_Redis_may_have_executed_are_not_held_again(bool isWindow)
    {
        var quota = QuotaOf(isWindow);
        Lease(quota, tokens: 50, windowEndUs: 9_000_000_000_000);
        var command = Take(quota, cost: 100);
        Assert.False(_leases.TryDecide(command, out _, out var trip));

        var take = TakeOf(command, trip!);
        take.MayHaveRun = true;
        take.Discard();

        Assert.Empty(_leases.TakeEnded(all: true));
    }

    [Theory]
    [InlineData(50, 5, 10)]
    [InlineData(50, 0, 1)]
    [InlineData(50, 49, 98)]
    public void L13_a_lease_is_at_most_twice_what_was_handed_out_of_the_last_one(long leased, long used, long most)
    {
        var quota = TokenQuota.Create(1, TimeSpan.FromHours(1), 6_000);
        Lease(quota, leased, windowEndUs: 0);
        for (long i = 0; i < used; i++)
            Assert.True(_leases.TryDecide(Take(quota, 1), out _, out _));

        // The lease is over: the rest goes back, and another is asked for.
        _time.Advance(TimeSpan.FromMilliseconds(21));
        Assert.False(_leases.TryDecide(Take(quota, 1), out _, out var trip));

        Assert.Equal(leased - used, trip![0].Back);
        Assert.InRange(trip[0].Tokens, 1, most);
        trip.Return();
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void L13_an_instance_that_waits_for_a_core_longer_than_half_a_lease_leases_nothing(int lagMs, bool leases)
    {
        var quota = TokenQuota.Create(1, TimeSpan.FromHours(1), 6_000);
        var known = TableOf(_time);
        var starved = new Leasing(known, lag: () => TimeSpan.FromMilliseconds(lagMs));
        long most = 0;
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 100; i++)
            {
                Assert.False(starved.TryDecide(Take(quota, 1), out _, out var trip));
                most = Math.Max(most, trip![0].Tokens);
                // The state is known from the first reply on.
                Learn(known, Take(quota, 1), trip, new BucketState(1, 1_000_000), leased: 0);
                trip.Return();
            }

            _time.Advance(TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(leases, most > 0);
    }

    [Fact]
    public void A_check_that_never_left_leaves_the_lease_as_it_was()
    {
        var quota = TokenQuota.Create(1, TimeSpan.FromHours(1), 6_000);
        Lease(quota, tokens: 50, windowEndUs: 0);
        var command = Take(quota, cost: 100) with { What = BucketOperation.Check };
        Assert.False(_leases.TryDecide(command, out _, out var trip));

        TakeOf(command, trip!).Discard();

        Assert.Equal([50], _leases.TakeEnded(all: true).Select(ended => ended.Wish.Back));
    }
}
