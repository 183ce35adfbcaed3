using Microsoft.Extensions.Time.Testing;

namespace Weir.Tests.Top;

public sealed class TopKeysTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2026-01-01T00:00:00Z"));
    private readonly TopKeys _top;

    public TopKeysTests() => _top = new TopKeys(_time);

    public void Dispose() => _top.Dispose();

    [Fact]
    public void Keys_are_counted_by_tenant_and_by_what_they_got_and_nothing_is_missing_that_came_before_the_question()
    {
        Record("acme", "a", allowed: true, 3);
        Record("acme", "a", allowed: false, 2);
        Record("acme", "b", allowed: true, 5);
        Record("globex", "a", allowed: true, 1);

        Assert.Equal("b 5-0, a 3-0 of 8", Describe(_top.Keys("acme", allowed: true)));
        Assert.Equal("a 2-0 of 2", Describe(_top.Keys("acme", allowed: false)));
        Assert.Equal("acme 8-0, globex 1-0 of 9", Describe(_top.Tenants(allowed: true)));
        Assert.Equal(" of 0", Describe(_top.Keys("nobody", allowed: true)));
    }

    [Fact]
    public void What_is_older_than_two_windows_is_forgotten_and_since_says_from_when_on_it_was_counted()
    {
        var began = _time.GetUtcNow();
        Record("acme", "a", allowed: false, 4);
        Assert.Equal(began, _top.Keys("acme", allowed: false).Since);

        _time.Advance(TopKeys.Window);
        Record("acme", "a", allowed: false, 2);
        Assert.Equal((began, "a 6-0 of 6"), (_top.Keys("acme", allowed: false).Since, Describe(_top.Keys("acme", allowed: false))));

        _time.Advance(TopKeys.Window);
        Assert.Equal((began + TopKeys.Window, "a 2-0 of 2"), (_top.Keys("acme", allowed: false).Since, Describe(_top.Keys("acme", allowed: false))));

        _time.Advance(TopKeys.Window);
        Assert.Equal(" of 0", Describe(_top.Keys("acme", allowed: false)));
        Assert.Equal(" of 0", Describe(_top.Tenants(allowed: false)));
    }

    [Fact]
    public void L10_among_100_000_tenants_the_busy_ones_stay_and_what_they_may_miss_is_said()
    {
        for (int i = 0; i < 100_000; i++)
        {
            Record($"invented{i}", $"k{i}", allowed: false, 1);
            if (i % 20 == 0)
                Record("acme", i % 100 == 0 ? "rest" : "busy", allowed: false, 1);
        }

        var tenants = _top.Tenants(allowed: false);
        Assert.Equal("acme", tenants.Entries[0].Name);
        Assert.InRange(tenants.Entries[0].Count - tenants.Entries[0].Error, 1, 5_000);
        Assert.InRange(tenants.Entries[0].Count, 5_000, 5_000 + tenants.MostError);
        Assert.Equal(TopKeys.MaxTenants, tenants.Entries.Count);
        Assert.Equal(105_000, tenants.Total);
        var keys = _top.Keys("acme", allowed: false);
        Assert.Equal(["busy", "rest"], keys.Entries.Select(entry => entry.Name));
        Assert.InRange(keys.Total + keys.Missed, 5_000, 5_000 + tenants.MostError);
    }

    [Fact]
    public async Task All_cores_count_at_once_and_none_is_lost()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() => Record("acme", $"k{worker % 2}", allowed: true, 50_000))));

        Assert.Equal("k0 200000-0, k1 200000-0 of 400000", Describe(_top.Keys("acme", allowed: true)));
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        string[] keys = [.. Enumerable.Range(0, 1_000).Select(i => $"k{i}")];
        string[] tenants = [.. Enumerable.Range(0, 1_000).Select(i => $"t{i}")];
        long bytes = 0;
        for (int round = 0; round < 2; round++)
        {
            bytes = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100_000; i++)
                _top.Record(tenants[i * 7 % 1_000], keys[i % 1_000], allowed: i % 3 == 0);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - bytes);
    }

    private void Record(string tenant, string key, bool allowed, int times)
    {
        for (int i = 0; i < times; i++)
            _top.Record(tenant, key, allowed);
    }

    private static string Describe(TopList list) => $"{string.Join(", ", list.Entries.Select(entry => $"{entry.Name} {entry.Count}-{entry.Error}"))} of {list.Total}";
}
