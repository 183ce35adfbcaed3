using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Stores;

public sealed class MemoryStoreTests
{
    /// <summary>So large and so slow that every key keeps its place and the bucket they share never refuses.</summary>
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 100_000);

    private readonly FakeTimeProvider _time = Some.Clock();

    private static BucketResult Take(MemoryStore store, string key = "a", long cost = 1, string tenant = "default", TokenQuota? quota = null) =>
        store.TakeAsync(Some.Request(key, cost, tenant, quota)).Result;

    private static BucketResult Check(MemoryStore store, string key = "a", long cost = 1, string tenant = "default") =>
        store.CheckAsync(Some.Request(key, cost, tenant)).Result;

    [Fact]
    public void A_check_spends_nothing_and_takes_no_place()
    {
        var store = Some.Memory(_time);
        Assert.Equal(BucketOutcome.Allowed, Check(store, cost: 10).Outcome);
        Assert.Equal(0, store.Used);
        Assert.Equal(BucketOutcome.Allowed, Take(store, cost: 10).Outcome);
        Assert.Equal(BucketOutcome.Refused, Check(store).Outcome);
    }

    [Fact]
    public void A_refused_take_of_a_key_that_is_not_here_takes_no_place()
    {
        var store = Some.Memory(_time);
        Assert.Equal(BucketOutcome.NeverFits, Take(store, cost: 11).Outcome);
        Assert.Equal(0, store.Used);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(10, 2)]
    public void A_limit_whose_unit_a_request_does_not_name_gets_no_slot(long tokens, int used)
    {
        var store = Some.Memory(_time);
        var plan = new Plan(
            "p",
            [new Limit("requests", [Limit.KeyDimension], Slow), new Limit("tokens", [Limit.KeyDimension], Some.Quota) { Unit = "tokens" }],
            OnOutage.Local);
        var facts = new RequestFacts("t", "k", 1, Costs: new Dictionary<string, long> { ["tokens"] = tokens });
        Assert.Equal(BucketOutcome.Allowed, store.TakeAsync(plan.Resolve(facts)).Result.Outcome);
        Assert.Equal(used, store.Used);
        var free = store.TakeAsync(plan.Resolve(facts with { Costs = null })).Result;
        Assert.Equal((BucketOutcome.Allowed, 10 - tokens), (free.Outcome, Some.Quota.TokensLeft(free[1].State, free.Time)));
        Assert.Equal(used, store.Used);
    }

    [Fact]
    public void L9_keys_tenants_and_limits_have_buckets_of_their_own()
    {
        var store = Some.Memory(_time);
        Take(store, "a", 10);
        Assert.Equal(BucketOutcome.Allowed, Take(store, "b", 10).Outcome);
        Assert.Equal(BucketOutcome.Allowed, Take(store, "a", 10, tenant: "other").Outcome);
        Assert.Equal(BucketOutcome.Refused, Take(store, "a").Outcome);
    }

    [Theory]
    [InlineData("ab", "c", "a", "bc")]
    [InlineData("a", "per-keyb", "aper-key", "b")]
    public void Parts_that_spell_the_same_together_are_told_apart(string tenant, string key, string otherTenant, string otherKey)
    {
        var one = HashOf(Some.Request(key, tenant: tenant), seed: 1);
        Assert.NotEqual(one, HashOf(Some.Request(otherKey, tenant: otherTenant), seed: 1));
        Assert.NotEqual(one, HashOf(Some.Request(key, tenant: tenant), seed: 2));
    }

    [Fact]
    public void A_key_of_the_greatest_length_is_hashed_whole()
    {
        string key = new('k', Bounds.MaxKeyBytes - 1);
        Assert.NotEqual(HashOf(Some.Request(key + "a"), 1), HashOf(Some.Request(key + "b"), 1));
    }

    [Fact]
    public void L10_the_store_never_grows_once_a_tenant_of_a_kind_has_come()
    {
        var store = Some.Memory(_time, maxKeys: 256);
        Take(store, "first", quota: Slow);
        Assert.InRange(store.Capacity, 256, 2 * 256);
        for (int i = 0; store.Overflowed == 0; i++)
            Take(store, $"flood{i}", quota: Slow);
        long bytes = store.Bytes;
        for (int i = 0; i < 10_000; i++)
            Take(store, $"key{i}", quota: Slow);
        Assert.Equal(bytes, store.Bytes);
        Assert.True(store.Used <= store.Capacity);
        Assert.InRange(store.Overflowed, 10_000 - store.Used, 20_000);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(5_000)]
    [InlineData(200_000)]
    public void L10_all_keys_it_is_sized_for_find_a_place_of_their_own(int maxKeys)
    {
        var store = Some.Memory(_time, maxKeys);
        for (int i = 0; i < maxKeys; i++)
            Take(store, $"key{i}", quota: Slow);
        // A hundredth may find their 32 candidate slots fuller than the table; far fewer do.
        Assert.InRange(maxKeys - store.Used, 0, maxKeys / 100);
    }

    [Fact]
    public void L10_a_million_keys_take_less_than_40_bytes_each_and_as_many_of_the_other_kind_of_tenants_as_much_again()
    {
        var store = Some.Memory(_time, maxKeys: 1_000_000);
        foreach (bool listed in new[] { false, true })
        {
            store.TakeAsync(Some.Request($"{listed}", quota: Slow) with { TenantIsListed = listed });
            Assert.InRange(store.Bytes / 1_000_000.0, listed ? 40 : 24, listed ? 80 : 40);
        }
    }

    [Fact]
    public void L11_a_full_table_forgets_no_bucket_that_has_spent()
    {
        var store = Some.Memory(_time, maxKeys: 256);
        var kept = Enumerable.Range(0, 200).Select(i => $"kept{i}").ToList();
        foreach (string key in kept)
            Take(store, key, 10);
        for (int i = 0; i < 20_000; i++)
            Take(store, $"flood{i}", quota: Slow);
        Assert.All(kept, key => Assert.Equal(BucketOutcome.Refused, Take(store, key).Outcome));
    }

    [Fact]
    public void L11_a_bucket_keeps_its_place_until_the_very_moment_it_is_as_new()
    {
        var store = FullStore();
        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMicroseconds(1));
        Assert.Equal(1, OverflowsOf(store, () => Take(store, "late")));
        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(0, OverflowsOf(store, () => Take(store, "later", tenant: "new")));
    }

    [Fact]
    public void Keys_without_a_place_share_a_bucket_with_their_own_tenant_only()
    {
        var store = FullStore();
        for (int i = 0; i < 10; i++)
            Assert.Equal(BucketOutcome.Allowed, Take(store, $"x{i}", tenant: "noisy").Outcome);
        Assert.Equal(BucketOutcome.Refused, Take(store, "x-last", tenant: "noisy").Outcome);
        Assert.Equal(BucketOutcome.Allowed, Take(store, "x-first", tenant: "quiet").Outcome);
    }

    [Fact]
    public void L1_a_key_that_finds_a_place_again_does_not_begin_as_new_after_it_spent_from_the_shared_bucket()
    {
        var store = FullStore();
        Assert.Equal(BucketOutcome.Allowed, Take(store, "homeless", 10).Outcome);
        // The flood goes an hour later; just before, the key spends from the shared bucket once more.
        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        Assert.Equal(BucketOutcome.Allowed, Take(store, "homeless", 10).Outcome);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(BucketOutcome.Refused, Take(store, "homeless", 6).Outcome);
        Assert.Equal(BucketOutcome.Allowed, Take(store, "homeless", 5).Outcome);
        Assert.Equal(BucketOutcome.Refused, Take(store, "homeless").Outcome);
    }

    [Fact]
    public void A_store_without_any_room_says_so_and_counts_it()
    {
        var store = FullStore();
        var answers = Enumerable.Range(0, 2_000).Select(i => Take(store, "x", 10, tenant: $"tenant{i}")).ToList();
        Assert.Contains(answers, answer => answer.Fault == StoreFault.Full);
        Assert.Equal(answers.Count(answer => answer.Fault == StoreFault.Full), store.Full);
    }

    [Fact]
    public void A_change_of_quota_keeps_what_is_spent()
    {
        var store = Some.Memory(_time);
        Take(store, cost: 10);
        var wider = TokenQuota.Create(50, TimeSpan.FromSeconds(1), 12);
        Assert.Equal(BucketOutcome.Refused, Take(store, cost: 3, quota: wider).Outcome);
        Assert.Equal(BucketOutcome.Allowed, Take(store, cost: 2, quota: wider).Outcome);
    }

    [Fact]
    public void A_decision_allocates_nothing()
    {
        var limiter = new RateLimiter(PolicyDocument.Parse("""
            defaultPlan: free
            plans: { free: { limits: { per-key: { rate: 5/s } } } }
            """, "test"), Some.Memory(TimeProvider.System, 10_000), _time);
        var keys = Enumerable.Range(0, 20_000).Select(i => $"user_{i}").ToArray();
        Decide(limiter, keys);
        Assert.Equal(0, Allocated.ByRunning(() => Decide(limiter, keys)));
    }

    [Fact]
    public async Task L1_takers_that_race_for_one_key_get_its_capacity_and_no_more()
    {
        var store = Some.Memory(_time);
        var admitted = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            Enumerable.Range(0, 1_000).Count(_ => Take(store).Outcome == BucketOutcome.Allowed))));
        Assert.Equal(10, admitted.Sum());
    }

    [Fact]
    public async Task L1_takers_that_race_for_many_keys_in_a_table_that_is_too_small_stay_within_each_bound()
    {
        var store = Some.Memory(_time, maxKeys: 64);
        var admitted = new int[500];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 20_000; i++)
            {
                int key = random.Next(admitted.Length);
                if (Take(store, $"key{key}").Outcome == BucketOutcome.Allowed)
                    Interlocked.Increment(ref admitted[key]);
            }
        })));
        Assert.All(admitted, count => Assert.InRange(count, 0, 10));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(MemoryStoreOptions.LeastKeys - 1)]
    [InlineData(MemoryStoreOptions.MostKeys + 1)]
    public void A_size_out_of_range_is_refused(int maxKeys) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryStore(new MemoryStoreOptions { MaxKeys = maxKeys }, _time));

    private static long OverflowsOf(MemoryStore store, Action act)
    {
        long before = store.Overflowed;
        act();
        return store.Overflowed - before;
    }

    /// <summary>Full of many tenants' buckets: no single one can fill it.</summary>
    private MemoryStore FullStore()
    {
        var store = Some.Memory(_time, maxKeys: 64);
        for (int i = 0; i < 5_000; i++)
            Take(store, $"flood{i}", tenant: $"flood{i % 100}", quota: Slow);
        Assert.Equal(store.Capacity, store.Used);
        return store;
    }

    private static void Decide(RateLimiter limiter, string[] keys)
    {
        foreach (string key in keys)
        {
            limiter.TakeAsync(new RequestFacts("default", key)).GetAwaiter().GetResult();
            limiter.CheckAsync(new RequestFacts("default", key)).GetAwaiter().GetResult();
        }
    }

    private static UInt128 HashOf(LimitSet limits, long seed) => BucketHash.Of(limits.Facts, limits.First, seed);
}
