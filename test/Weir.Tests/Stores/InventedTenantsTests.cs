using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Stores;

/// <summary>
/// Tenants that no policy names, which anybody may invent without end, take nothing from a listed one (law L9),
/// whatever the size of the table and the seed of its hash.
/// </summary>
public sealed class InventedTenantsTests
{
    private const int Burst = 3;

    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), Burst);

    private readonly FakeTimeProvider _time = Some.Clock();

    private static readonly int[] Sizes = [64, 1_000, 20_000, 200_000];

    private static readonly long[] Seeds = [1, 2, 77];

    public static TheoryData<int, long> Stores => [.. from size in Sizes from seed in Seeds select (size, seed)];

    private MemoryStore Open(int maxKeys, long seed = 1) => new(new MemoryStoreOptions { MaxKeys = maxKeys, HashSeed = seed }, _time);

    private static BucketOutcome? Take(MemoryStore store, string tenant, string key, bool listed, long cost = 1)
    {
        var answer = store.TakeAsync(Some.Request(key, cost, tenant, Slow) with { TenantIsListed = listed }).Result;
        return answer.Fault == StoreFault.None ? answer.Outcome : null;
    }

    /// <summary>Fills all that invented tenants can fill: some have many keys, most have one.</summary>
    private static void Flood(MemoryStore store, int maxKeys, int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 3 * maxKeys + 1_000; i++)
            Take(store, random.Next(4) == 0 ? $"many{random.Next(3)}" : $"invented{i}", $"key{i}", listed: false);
        Assert.True(store.Overflowed > 0);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public void Each_new_key_of_a_listed_tenant_gets_a_bucket_of_its_own_though_others_have_filled_the_table(int maxKeys, long seed)
    {
        var store = Open(maxKeys, seed);
        Flood(store, maxKeys, (int)seed);
        long overflowed = store.Overflowed;
        int keys = Math.Min(maxKeys / 2, 20_000);
        for (int key = 0; key < keys; key++)
        {
            for (int i = 0; i <= Burst; i++)
                Assert.Equal(i < Burst ? BucketOutcome.Allowed : BucketOutcome.Refused, Take(store, $"listed{key % 2}", $"new{key}", listed: true));
        }

        Assert.Equal(overflowed, store.Overflowed);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public void A_listed_tenant_is_decided_as_if_there_were_no_others_also_when_its_own_keys_fill_the_table(int maxKeys, long seed)
    {
        MemoryStore alone = Open(maxKeys, seed), beside = Open(maxKeys, seed);
        var random = new Random((int)seed);
        int most = Math.Min(3 * maxKeys, 30_000);
        for (int i = 0; i < most; i++)
        {
            Take(beside, $"invented{i}", $"{i}", listed: false);
            (string tenant, string key, long cost) = ($"listed{random.Next(5)}", $"key{random.Next(most)}", random.Next(1, 4));
            Assert.Equal(Take(alone, tenant, key, listed: true, cost), Take(beside, tenant, key, listed: true, cost));
        }

        Assert.True(alone.Used < beside.Used);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(20_000)]
    public void L12_what_a_tenant_has_spent_stays_spent_when_it_becomes_listed_and_when_it_is_listed_no_more(int maxKeys)
    {
        foreach (bool isFull in new[] { false, true })
        {
            foreach (bool first in new[] { false, true })
            {
                var store = Open(maxKeys);
                for (int key = 0; key < 100; key++)
                    Assert.Equal(BucketOutcome.Allowed, Take(store, "acme", $"key{key}", listed: first, cost: 2));
                if (isFull)
                    Flood(store, maxKeys, 5);
                for (int key = 0; key < 100; key++)
                {
                    Assert.Equal(BucketOutcome.Refused, Take(store, "acme", $"key{key}", listed: !first, cost: 2));
                    Assert.Equal(BucketOutcome.Allowed, Take(store, "acme", $"key{key}", listed: key % 2 == 0));
                    Assert.Equal(BucketOutcome.Refused, Take(store, "acme", $"key{key}", listed: key % 3 == 0));
                }
            }
        }
    }

    [Fact]
    public void A_bucket_of_a_tenant_that_became_listed_is_given_back_to_and_reset_where_it_is()
    {
        var store = Open(1_000);
        LimitSet Request(long cost, bool listed) => Some.Request("k", cost, "acme", Slow) with { TenantIsListed = listed };
        Take(store, "acme", "k", listed: false, cost: 3);
        Assert.Equal(StoreFault.None, store.AskAsync(new BucketCommand(Request(-2, listed: true), BucketOperation.Charge)).Result.Fault);
        Assert.Equal([BucketOutcome.Allowed, BucketOutcome.Refused], [Take(store, "acme", "k", listed: true, cost: 2), Take(store, "acme", "k", listed: false)]);
        store.AskAsync(new BucketCommand(Request(1, listed: true), BucketOperation.Reset)).AsTask().Wait();
        Assert.Equal([BucketOutcome.Allowed, BucketOutcome.Refused], [Take(store, "acme", "k", listed: true, cost: 3), Take(store, "acme", "k", listed: false)]);
        Assert.Equal(1, store.Used);
    }

    [Fact]
    public void A_restart_brings_both_kinds_back_each_to_its_own_part()
    {
        var store = Open(1_000);
        for (int key = 0; key < 300; key++)
            Take(store, "listed", $"key{key}", listed: true, cost: 3);
        Flood(store, 1_000, 9);
        using var folder = new MemoryStream();
        Snapshot.Write(store, folder);
        folder.Position = 0;
        var again = Open(1_000);
        Assert.Null(Snapshot.Read(again, folder).Fault);
        for (int key = 0; key < 300; key++)
            Assert.Equal(BucketOutcome.Refused, Take(again, "listed", $"key{key}", listed: true));
        long overflowed = again.Overflowed;
        for (int key = 300; key < 500; key++)
            Assert.Equal(BucketOutcome.Allowed, Take(again, "listed", $"key{key}", listed: true, cost: 3));
        Assert.Equal(overflowed, again.Overflowed);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(20_000)]
    public void Idempotency_records_and_permits_of_invented_tenants_leave_listed_ones_as_many_as_without_them(int maxKeys)
    {
        Assert.True(ConcurrencyQuota.TryCreate(5, TimeSpan.FromMinutes(1), out var quota, out _));
        var plan = Some.PlanOf(new Limit("running", new[] { Limit.KeyDimension }, quota));
        StoreFault Hold(MemoryStore store, string tenant, int key, bool listed) => store.TakeAsync(
            plan.Resolve(new RequestFacts(tenant, $"key{key}")) with { TenantIsListed = listed, Holder = new PermitHolder((UInt128)key + 1) }).Result.Fault;
        StoreFault Keep(MemoryStore store, string tenant, int id, bool listed) => store.AskAsync(
            new BucketCommand(Some.Request(tenant: tenant, quota: TokenQuota.Create(1, TimeSpan.FromMinutes(1), 1_000_000)) with { TenantIsListed = listed }, BucketOperation.Take) { RecordKey = new RecordKey((UInt128)id, 1) }).Result.Fault;
        foreach (var ask in new[] { Hold, Keep })
        {
            MemoryStore alone = Open(maxKeys), beside = Open(maxKeys);
            for (int i = 0; i < 2 * maxKeys; i++)
                ask(beside, $"invented{i}", i, false);
            int Of(MemoryStore store) => Enumerable.Range(0, 2 * maxKeys).Count(i => ask(store, $"listed{i % 2}", i, true) == StoreFault.None);
            int most = Of(alone);
            Assert.InRange(most, maxKeys / 5, maxKeys);
            Assert.Equal(most, Of(beside));
        }
    }

    [Fact]
    public async Task L9_the_same_while_invented_tenants_come_from_several_threads()
    {
        const int Keys = 400;
        var store = Open(1_000);
        using var stopping = new CancellationTokenSource();
        var flood = Enumerable.Range(0, 2).Select(thread => Task.Run(() =>
        {
            for (int i = 0; !stopping.IsCancellationRequested; i++)
                Take(store, $"invented{thread}-{i}", "k", listed: false);
        })).ToArray();
        for (int key = 0; key < Keys; key++)
        {
            Assert.Equal(BucketOutcome.Allowed, Take(store, "listed", $"key{key}", listed: true, cost: Burst));
            Assert.Equal(BucketOutcome.Refused, Take(store, "listed", $"key{key}", listed: true));
        }

        await stopping.CancelAsync();
        await Task.WhenAll(flood);
    }

    /// <summary>Decisions under two versions of the policies overlap while a tenant becomes listed.</summary>
    [Fact]
    public async Task L12_a_new_key_that_is_taken_at_once_as_listed_and_as_not_listed_has_one_bucket()
    {
        const int Keys = 300;
        bool[] kinds = [true, false];
        for (int round = 0; round < 10; round++)
        {
            var store = Open(1_000, round);
            using var start = new Barrier(2);
            var admitted = await Task.WhenAll(kinds.Select(listed => Task.Run(() =>
            {
                start.SignalAndWait();
                return Enumerable.Range(0, Keys).Count(key => Take(store, "acme", $"key{key}", listed, cost: Burst) == BucketOutcome.Allowed);
            })));
            Assert.Equal(Keys, admitted.Sum());
            Assert.Equal(Keys, store.Used);
        }
    }
}
