using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Stores;

/// <summary>What others do to a tenant's places in memory, and to what it may take: nothing.</summary>
public sealed class TenantSharesTests
{
    private const int Burst = 10;

    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromDays(1), Burst);

    /// <summary>So large that the bucket of those without a place never refuses, and all come who may.</summary>
    private static readonly TokenQuota Wide = TokenQuota.Create(1, TimeSpan.FromMinutes(1), 1_000_000);

    private readonly FakeTimeProvider _time = Some.Clock();

    private static bool Take(MemoryStore store, string tenant, string key, bool listed = true, TokenQuota? quota = null) =>
        store.TakeAsync(Some.Request(key, tenant: tenant, quota: quota ?? Slow) with { TenantIsListed = listed }).Result.Outcome == BucketOutcome.Allowed;

    /// <summary>Each of the tenant's keys gets its whole burst, and not a token more.</summary>
    private static void AssertEachKeyHasABucketOfItsOwn(MemoryStore store, string tenant, int keys)
    {
        long overflowed = store.Overflowed;
        for (int key = 0; key < keys; key++)
        {
            for (int i = 0; i < Burst; i++)
                Assert.True(Take(store, tenant, $"key{key}"));
        }

        Assert.Equal(overflowed, store.Overflowed);
        for (int key = 0; key < keys; key++)
            Assert.False(Take(store, tenant, $"key{key}"));
    }

    [Fact]
    public void L9_A_million_random_keys_of_one_tenant_leave_another_its_places()
    {
        var store = Some.Memory(_time, maxKeys: 200_000);
        AssertEachKeyHasABucketOfItsOwn(store, "before", 200);
        var random = new Random(1);
        for (int i = 0; i < 1_000_000; i++)
            Take(store, "flood", $"random{random.NextInt64()}", quota: Wide);

        AssertEachKeyHasABucketOfItsOwn(store, "quiet", 200);
        for (int key = 0; key < 200; key++)
            Assert.False(Take(store, "before", $"key{key}"));
    }

    [Fact]
    public void L9_Two_that_flood_one_after_the_other_leave_a_third_nearly_all_of_its_keys()
    {
        const int Keys = 200;
        var store = Some.Memory(_time, maxKeys: 20_000);
        for (int i = 0; i < 400_000; i++)
            Take(store, i < 200_000 ? "first" : "second", $"key{i}", quota: Wide);
        long before = store.Used;
        for (int i = 0; i < Keys; i++)
            Take(store, "quiet", $"key{i}");
        Assert.InRange(store.Used - before, Keys * 95 / 100, Keys);
    }

    [Fact]
    public void L9_A_tenant_that_no_policy_names_finds_places_beside_another_that_floods()
    {
        var store = Some.Memory(_time, maxKeys: 20_000);
        for (int i = 0; i < 100_000; i++)
            Take(store, "noisy", $"key{i}", listed: false, Wide);
        foreach (string quiet in new[] { "quiet", "quiet2" })
            Assert.InRange(Enumerable.Range(0, 500).Count(i => Take(store, quiet, $"key{i}", listed: false)), 475, 500);
    }


    [Fact]
    public void L10_A_tenant_alone_has_three_quarters_of_the_table_which_is_more_than_it_is_sized_for()
    {
        var store = Some.Memory(_time, maxKeys: 10_000);
        for (int i = 0; i < 200_000; i++)
            Take(store, "alone", $"key{i}", quota: Wide);
        Assert.InRange(store.Used, 12_000, store.Capacity * 3 / 4);
    }

    [Fact]
    public void A_flood_that_has_drained_leaves_its_places_to_whoever_wants_them()
    {
        var store = Some.Memory(_time, maxKeys: 1_000);
        for (int i = 0; i < 20_000; i++)
            Take(store, "first", $"key{i}", quota: Some.Quota);
        _time.Advance(TimeSpan.FromSeconds(2));
        long before = store.Overflowed;
        for (int i = 0; i < 900; i++)
            Take(store, "second", $"key{i}");
        Assert.InRange(store.Overflowed - before, 0, 9);
    }

    [Fact]
    public void L9_Answers_kept_for_one_tenant_leave_room_for_another_and_are_over_in_time()
    {
        var store = Some.Memory(_time, maxKeys: 1_000);
        StoreFault Keep(string tenant, int id) =>
            store.AskAsync(new BucketCommand(Some.Request(tenant: tenant, quota: Wide), BucketOperation.Take) { RecordKey = new RecordKey((UInt128)id, 1) }).Result.Fault;
        int half = Enumerable.Range(0, 10_000).Count(id => Keep("flood", id) == StoreFault.None);
        Assert.InRange(half, 200, 250);
        Assert.All(Enumerable.Range(0, 100), id => Assert.Equal(StoreFault.None, Keep("quiet", id)));
        _time.Advance(RecordKey.Memory);
        Assert.Equal(half, Enumerable.Range(10_000, 10_000).Count(id => Keep("flood", id) == StoreFault.None));
    }

    [Fact]
    public void L9_Places_held_by_one_tenant_leave_room_for_another_and_are_free_in_time()
    {
        var store = Some.Memory(_time, maxKeys: 1_000);
        Assert.True(ConcurrencyQuota.TryCreate(5, TimeSpan.FromMinutes(1), out var quota, out _));
        var plan = Some.PlanOf(new Limit("running", new[] { Limit.KeyDimension }, quota));
        StoreFault Hold(string tenant, int key) =>
            store.TakeAsync(plan.Resolve(new RequestFacts(tenant, $"key{key}")) with { TenantIsListed = true, Holder = new PermitHolder((UInt128)key + 1) }).Result.Fault;
        Assert.Equal(500, Enumerable.Range(0, 10_000).Count(key => Hold("flood", key) == StoreFault.None));
        Assert.All(Enumerable.Range(0, 200), key => Assert.Equal(StoreFault.None, Hold("quiet", key)));
        Assert.Equal(700, store.Permits.Holders);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(500, Enumerable.Range(10_000, 10_000).Count(key => Hold("flood", key) == StoreFault.None));
    }

    [Fact]
    public void L9_Who_had_no_place_before_the_shared_bucket_drained_does_not_concern_who_has_none_after_it()
    {
        var store = Some.Memory(_time, maxKeys: 1_000);
        for (int i = 0; store.Overflowed < 1_000; i++)
            Take(store, "flood", $"before{i}");
        _time.Advance(TimeSpan.FromDays(2 * Burst));
        long drained = store.Overflowed;
        for (int i = 0; store.Overflowed == drained; i++)
            Take(store, "flood", $"after{i}");
        int concerned = Enumerable.Range(0, 100).Count(i => store.CheckAsync(Some.Request($"new{i}", cost: 0, tenant: "flood", quota: Slow)).Result[0].State.Spent > 0);
        Assert.InRange(concerned, 0, 10);
    }

    [Fact]
    public void L1_A_tenant_without_its_share_is_held_to_one_bucket_for_all_its_homeless_keys()
    {
        var store = Some.Memory(_time, maxKeys: 64);
        for (int i = 0; i < 2_000; i++)
            Take(store, "flood", $"key{i}");
        long used = store.Used;
        int admitted = Enumerable.Range(0, 2_000).Count(i => Take(store, "flood", $"other{i}"));
        Assert.Equal(0, admitted);
        Assert.Equal(used, store.Used);
    }

    /// <summary>One tenant: what three leave to others is luck (ADR-017).</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task L9_A_flood_from_several_threads_leaves_quiet_tenants_exactly_what_is_theirs(bool floodIsListed)
    {
        const int Keys = 40;
        var store = Some.Memory(_time, maxKeys: 4_096);
        var admitted = new int[2 * Keys];
        Task TakeQuietlyAsync(int from) => Task.Run(() =>
        {
            for (int i = 0; i < Keys * Burst; i++)
            {
                if (Take(store, $"quiet{i % 4}", $"key{from + (i % Keys)}"))
                    Interlocked.Increment(ref admitted[from + (i % Keys)]);
            }
        });

        await Task.WhenAll(
            [
                .. Enumerable.Range(0, 4).Select(seed => Task.Run(() => Flood(store, seed, floodIsListed))),
                TakeQuietlyAsync(0),
                TakeQuietlyAsync(0),
            ]);
        // Each kind of tenants has half of all slots, and a tenant may fill three quarters of them.
        Assert.InRange(store.Used, store.Capacity / 3, store.Capacity);
        await Task.WhenAll(TakeQuietlyAsync(Keys), TakeQuietlyAsync(Keys));

        Assert.All(admitted, count => Assert.Equal(Burst, count));
    }

    /// <summary>Fills the table, and sees that a key that comes back is under its own limit all the while.</summary>
    private static void Flood(MemoryStore store, int seed, bool listed)
    {
        var quota = seed % 2 == 0 ? Slow : Wide;
        var random = new Random(seed);
        var admitted = new Dictionary<int, int>();
        for (int i = 0; i < 50_000; i++)
        {
            int key = random.Next(20_000);
            if (Take(store, "flood", $"{seed}-{key}", listed, quota))
                admitted[key] = admitted.GetValueOrDefault(key) + 1;
        }

        Assert.All(admitted.Values, count => Assert.InRange(count, 1, quota.Capacity));
    }
}
