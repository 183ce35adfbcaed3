using Microsoft.Extensions.Time.Testing;

namespace Weir.Tests.Top;

/// <summary>Looks at the memory of the whole process, and so runs while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[Collection(Name)]
public sealed class TopKeysMemoryTests
{
    private const string Name = "alone";
    private const long Most = 45_000_000;

    /// <summary>
    /// What other tests leave behind may go at any time, and would be taken for ours. It goes only once: what these counters own is the same at each try.
    /// </summary>
    [Fact]
    public void L10_a_million_keys_of_the_longest_kind_for_each_of_as_many_tenants_as_fit_take_what_is_stated()
    {
        long owned = Owned();
        for (int again = 0; again < 4 && owned is < Most / 2 or > Most; again++)
            owned = Owned();

        Assert.InRange(owned, Most / 2, Most);
    }

    private static long Owned()
    {
        var time = new FakeTimeProvider();
        var plan = new Plan("a", [], OnOutage.Local);
        long before = Settled();
        using var top = new TopKeys(time);
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 250_000; i++)
            {
                top.Record(new RequestFacts($"tenant{i % TopKeys.MaxTenants}", Key(round, i)), plan, allowed: true);
                top.Record(new RequestFacts($"tenant{i % TopKeys.MaxTenants}", Key(round, i)), plan, allowed: false);
            }

            if (round == 0)
                time.Advance(TopKeys.Window);
        }

        Assert.Equal(2 * TopKeys.CountersPerTenant, top.Keys("tenant0", allowed: true).Entries.Count);
        return Settled() - before;
    }

    /// <summary>The bytes that are left when finalizers have run and have been collected themselves.</summary>
    private static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: false);
    }

    private static string Key(int round, int i) => $"{round}{i:000000}{new string('k', Bounds.MaxKeyBytes - 7)}";
}
