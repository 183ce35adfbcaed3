using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Known;

/// <summary>What a full table forgets, and what it never forgets.</summary>
public sealed class KnownBucketReplacementTests
{
    private const long Buckets = 512;

    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromDays(1), 100);

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly KnownBuckets _known;
    private readonly Leasing _leasing;
    private readonly FallbackStore _fallback;

    public KnownBucketReplacementTests()
    {
        _known = new KnownBuckets((int)Buckets, _time) { HorizonUs = 20_000 };
        _leasing = new Leasing(_known);
        _fallback = new FallbackStore(Some.Memory(_time, 100_000), _known, () => 1);
    }

    private static BucketCommand Take(string key, params TokenQuota[] quotas)
    {
        var limits = (quotas.Length == 0 ? [Slow] : quotas).Select((quota, number) => new Limit($"l{number}", [Limit.KeyDimension], quota));
        return new BucketCommand(new Plan("p", [.. limits], OnOutage.Local).Resolve(new RequestFacts("t", key, 1)), BucketOperation.Take);
    }

    private static BucketResult Result(long tokens, long leased = 0)
    {
        var line = new BucketLine(BucketOutcome.Allowed, new BucketState(Slow.UnitsOf(tokens), 1_000_000)) { Leased = Slow.UnitsOf(leased) };
        return new BucketResult(BucketOutcome.Allowed, [line], new StoreTime(1_000_000, 1_000_000), DecisionSource.Redis);
    }

    private void Hear(string key, long tokens) => _known.Learn(Take(key), Result(tokens));

    private void Lease(string key)
    {
        LeaseTrip? trip = null;
        for (int i = 0; i < Demand.BusyFrom; i++)
            Assert.False(_leasing.TryDecide(Take(key), out _, out trip));
        _known.Learn(Take(key), Result(60, leased: 50), trip);
    }

    private long Restored(string key)
    {
        string[] names = [key];
        return _fallback.CollectKnown().Where(command => names.Contains(command.Limits.Facts.Key)).Sum(command => command.Limits.Facts.Cost);
    }

    [Fact]
    public void L10_a_full_table_forgets_what_was_used_longest_ago()
    {
        for (int i = 0; i < 4 * Buckets; i++)
        {
            Hear($"k{i}", 10);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        var left = _fallback.CollectKnown().Select(command => int.Parse(command.Limits.Facts.Key[1..])).ToArray();
        Assert.Equal(Buckets, left.Length);
        // Sets fill unevenly, so that a few of the older ones are left.
        Assert.InRange(left.Average(), 3 * Buckets, 4 * Buckets);
    }

    [Fact]
    public void L7_a_bucket_with_unsettled_spending_is_never_forgotten()
    {
        for (int i = 0; i < 30; i++)
            _fallback.Execute(Take($"owes{i}"));
        for (int i = 0; i < 8 * Buckets; i++)
            Hear($"k{i}", 10);

        var owed = new List<SettlementCharge>();
        _fallback.CollectOwed(owed, most: 1_000);
        Assert.Equal(30, owed.Count);
    }

    [Fact]
    public void L13_a_bucket_with_leased_tokens_is_never_forgotten()
    {
        Lease("leases");
        for (int i = 0; i < 8 * Buckets; i++)
            Hear($"k{i}", 10);

        Assert.True(_leasing.TryDecide(Take("leases"), out var result, out _));
        Assert.Equal(BucketOutcome.Allowed, result.Outcome);
        Assert.Equal([49], _leasing.TakeEnded(all: true).Select(ended => ended.Wish.Back));
    }

    [Fact]
    public void A_bucket_that_holds_nothing_any_more_goes_first()
    {
        var quick = TokenQuota.Create(100, TimeSpan.FromSeconds(1), 100);
        for (int i = 0; i < Buckets; i++)
            Hear($"k{i}", 10);
        int before = _fallback.CollectKnown().Count;
        for (int i = 0; i < Buckets; i++)
            _known.Learn(Take($"quick{i}", quick), new BucketResult(BucketOutcome.Allowed, new BucketState(1, 1_000_000), new StoreTime(1_000_000, 1_000_000), DecisionSource.Redis));
        int between = _fallback.CollectKnown().Count(command => command.Limits.Facts.Key[0] == 'k');
        _time.Advance(TimeSpan.FromMinutes(1));
        for (int i = 0; i < Buckets; i++)
            Hear($"new{i}", 10);

        Assert.Equal(0, _fallback.CollectKnown().Count(command => command.Limits.Facts.Key[0] == 'q'));
        // Only sets without a quick bucket lost another one.
        Assert.InRange(_fallback.CollectKnown().Count(command => command.Limits.Facts.Key[0] == 'k'), between / 8, before);
    }

    [Fact]
    public void L2_a_request_of_sixteen_limits_in_a_table_of_one_set_a_part_is_never_decided_by_another_bucket()
    {
        var quotas = Enumerable.Range(1, Plan.MaxLimits).Select(number => TokenQuota.Create(1, TimeSpan.FromDays(1), number)).ToArray();
        for (int i = 0; i < 500; i++)
        {
            var command = Take($"k{i}", quotas);
            Assert.False(_leasing.TryDecide(command, out _, out var trip));
            for (int limit = 0; limit < quotas.Length; limit++)
                Assert.True(trip![limit].Back == 0);
            var lines = quotas.Select(quota => new BucketLine(BucketOutcome.Allowed, new BucketState(quota.CapacityUnits, 1_000_000))).ToArray();
            _known.Learn(command, new BucketResult(BucketOutcome.Allowed, lines, new StoreTime(1_000_000, 1_000_000), DecisionSource.Redis), trip);
            trip!.Return();
            _time.Advance(TimeSpan.FromMicroseconds(1));
        }

        Assert.True(Restored("k499") > 0);
    }

    [Fact]
    public void L7_spending_of_a_request_of_many_limits_in_a_small_table_is_settled_or_counted_as_lost()
    {
        var quotas = Enumerable.Repeat(Slow, Plan.MaxLimits).ToArray();
        for (int i = 0; i < 200; i++)
            Assert.Equal(BucketOutcome.Allowed, _fallback.Execute(Take($"k{i}", quotas)).Outcome);

        Assert.InRange(_fallback.Owing, Buckets * 9 / 10, Buckets);
        Assert.Equal(200 * Plan.MaxLimits, _fallback.Owing + _fallback.Lost);
    }

    [Fact]
    public void L7_a_result_that_does_not_know_what_is_owed_is_not_learned()
    {
        Hear("k", 10);
        _fallback.Execute(Take("k"));
        Hear("k", 90);

        Assert.Equal(Slow.UnitsOf(10), Restored("k"));
    }

    [Theory]
    [InlineData(20, 20)]
    [InlineData(5, 10)]
    public void L7_a_primary_that_may_have_lost_its_memory_is_believed_only_if_it_holds_more(long says, long known)
    {
        Hear("k", 10);
        _known.IsInDoubt = () => true;
        Hear("k", says);

        Assert.Equal(Slow.UnitsOf(known), Restored("k"));
    }

    [Fact]
    public void A_late_result_changes_the_lease_and_not_the_state()
    {
        Hear("k", 10);
        LeaseTrip? trip = null;
        for (int i = 0; i < Demand.BusyFrom; i++)
            Assert.False(_leasing.TryDecide(Take("k"), out _, out trip));
        _known.Learn(Take("k"), Result(80, leased: 50), trip, isLate: true);

        Assert.Equal(Slow.UnitsOf(10), Restored("k"));
        Assert.Equal([50], _leasing.TakeEnded(all: true).Select(ended => ended.Wish.Back));
    }

    [Fact]
    public void L10_an_entry_has_at_most_320_bytes() =>
        Assert.InRange(System.Runtime.CompilerServices.Unsafe.SizeOf<KnownBucket>(), 1, 320);
}
