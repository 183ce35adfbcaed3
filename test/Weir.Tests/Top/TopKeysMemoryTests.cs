using Microsoft.Extensions.Time.Testing;

namespace Weir.Tests.Top;

/// <summary>Looks at the memory of the whole process, and so runs while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[Collection(Name)]
public sealed class TopKeysMemoryTests
{
    private const string Name = "alone";
    private const long Most = 45_000_000;

    [Fact]
    public void L10_a_million_keys_of_the_longest_kind_for_each_of_as_many_tenants_as_fit_take_what_is_stated()
    {
        var time = new FakeTimeProvider();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using var top = new TopKeys(time);
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 250_000; i++)
            {
                top.Record($"tenant{i % TopKeys.MaxTenants}", Key(round, i), allowed: true);
                top.Record($"tenant{i % TopKeys.MaxTenants}", Key(round, i), allowed: false);
            }

            if (round == 0)
                time.Advance(TopKeys.Window);
        }

        Assert.Equal(2 * TopKeys.CountersPerTenant, top.Keys("tenant0", allowed: true).Entries.Count);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, Most / 2, Most);
    }

    private static string Key(int round, int i) => $"{round}{i:000000}{new string('k', Bounds.MaxKeyBytes - 7)}";
}
