using Weir.Testing;

namespace Weir.Tests.Stores;

/// <summary>What memory keeps beside buckets: bounded by what is held, and not by what ever was (law L10).</summary>
public sealed class BoundedTablesTests
{
    [Fact]
    public void L10_a_limit_that_nobody_holds_places_of_is_not_remembered()
    {
        var places = new PermitTable(1_000);
        places.Enter(ulong.MaxValue);
        for (uint i = 1; i <= 10_000; i++)
        {
            Assert.True(places.TryAddLocked(i, 7, untilUs: 1_000_000, nowUs: 0, "t"));
            Assert.True(places.RemoveLocked(i, 7));
        }

        places.Exit(ulong.MaxValue);

        Assert.Equal((0, 0), (places.Holders, places.Limits));
    }

    [Fact]
    public void L10_answers_that_are_over_are_forgotten_as_others_come()
    {
        var time = Some.Clock();
        var store = Some.Memory(time, maxKeys: 1_000_000);
        var memos = new RecordTable(10_000_000);
        void Keep(int from, int count)
        {
            for (int i = from; i < from + count; i++)
                memos.Answer(new BucketCommand(Some.Request($"k{i}"), BucketOperation.Take) { RecordKey = new RecordKey((UInt128)i, 1) }, store);
        }

        Keep(0, 4_000);
        Assert.Equal(4_000, memos.Count);
        time.Advance(RecordKey.Memory);
        Keep(4_000, 1_000);
        Assert.Equal(1_000, memos.Count);
    }

    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 1_000);

    private readonly MemoryStore _store = Some.Memory(Some.Clock());

    private bool Take(OverflowTable table, string tenant, string key, bool listed = true)
    {
        var limits = Some.Request(key, tenant: tenant, quota: Slow) with { TenantIsListed = listed };
        return table.TryTake(_store, limits, limits.First, HashOf(limits), _store.Time, out _);
    }

    private long SpentOf(OverflowTable table, string tenant, string key)
    {
        var limits = Some.Request(key, tenant: tenant, quota: Slow);
        return table.StateOf(_store, limits, limits.First, HashOf(limits), _store.Time).Spent / Slow.Rate.UnitsPerToken;
    }

    private UInt128 HashOf(LimitSet limits) => BucketHash.Of(limits.Facts, limits.First, _store.Seed);

    [Fact]
    public void A_key_that_has_not_spent_from_a_shared_bucket_is_hardly_ever_taken_for_one_that_has()
    {
        var table = new OverflowTable(64);
        for (int i = 0; i < 8; i++)
            Assert.True(Take(table, "t", $"few{i}"));
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(8, SpentOf(table, "t", $"few{i}")));
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => SpentOf(table, "t", $"other{i}") > 0), 0, 300);
        Assert.Equal(0, SpentOf(table, "another", "few0"));
    }

    [Fact]
    public void L10_shared_buckets_are_bounded_and_tenants_that_are_not_listed_end_in_one()
    {
        var table = new OverflowTable(64);
        Assert.Equal(64, Enumerable.Range(0, 1_000).Count(i => Take(table, $"listed{i}", "k")));
        Assert.Equal(64, table.Used);
        Assert.All(Enumerable.Range(0, 500), i => Assert.True(Take(table, $"invented{i}", "k", listed: false)));
        Assert.Equal(64 + 65, table.Used);
    }
}
