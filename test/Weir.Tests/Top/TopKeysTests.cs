using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Top;

public sealed class TopKeysTests : IDisposable
{
    private static readonly Plan Plan = PolicyDocument.Parse(
        "defaultPlan: a\nplans: { a: { limits: { t: { unit: tokens, rate: 1/s }, b: { unit: bytes, rate: 1/s } } } }\n", "test").DefaultPlan;

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
        long bytes = Allocated.ByRunning(() =>
        {
            for (int i = 0; i < 100_000; i++)
                _top.Record(new RequestFacts(tenants[i * 7 % 1_000], keys[i % 1_000]), Plan, allowed: i % 3 == 0);
        });
        Assert.Equal(0, bytes);
    }

    [Fact]
    public void Costs_are_counted_by_unit_and_none_that_the_plan_does_not_count()
    {
        Spend("acme", "a", allowed: true, ("tokens", 500), ("bytes", 7), ("invented", 9));
        Spend("acme", "b", allowed: true, ("tokens", 812));
        Spend("acme", "a", allowed: true, ("tokens", 400), ("bytes", 0));
        Spend("acme", "a", allowed: false, ("tokens", 5_000));

        _top.RecordCharge(new RequestFacts("acme", "b") { Costs = new Dictionary<string, long> { ["tokens"] = 100 } }, Plan);

        Assert.Equal("b 912-0, a 900-0 of 1812", Describe(_top.Keys("acme", allowed: true, "tokens")));
        Assert.Equal("a 5000-0 of 5000", Describe(_top.Keys("acme", allowed: false, "tokens")));
        Assert.Equal("acme 7-0 of 7", Describe(_top.Tenants(allowed: true, "bytes")));
        Assert.Equal(" of 0", Describe(_top.Tenants(allowed: true, "invented")));
        Assert.Equal("a 2-0, b 1-0 of 3", Describe(_top.Keys("acme", allowed: true)));
    }

    [Fact]
    public void L10_so_many_units_are_counted_in_a_window_and_others_in_a_later_one()
    {
        string[] units = [.. Enumerable.Range(0, TopKeys.MaxUnits + 1).Select(i => $"u{i}")];
        var plan = PolicyDocument.Parse(
            $"defaultPlan: a\nplans: {{ a: {{ limits: {{ {string.Join(", ", units.Select(unit => $"{unit}: {{ unit: {unit}, rate: 1/s }}"))} }} }} }}\n", "test").DefaultPlan;
        void SpendAll(IEnumerable<string> named) => _top.Record(
            new RequestFacts("acme", "a") { Costs = named.ToDictionary(unit => unit, _ => 3L) }, plan, allowed: true);

        SpendAll(units);
        Assert.Equal((3, 0), (_top.Tenants(allowed: true, units[0]).Total, _top.Tenants(allowed: true, units[^1]).Total));

        _time.Advance(TopKeys.Window);
        SpendAll(units[1..]);
        Assert.Equal((3, 3), (_top.Tenants(allowed: true, units[0]).Total, _top.Tenants(allowed: true, units[^1]).Total));
    }

    private void Spend(string tenant, string key, bool allowed, params (string Unit, long Cost)[] costs) =>
        _top.Record(new RequestFacts(tenant, key) { Costs = costs.ToDictionary(cost => cost.Unit, cost => cost.Cost) }, Plan, allowed);

    private void Record(string tenant, string key, bool allowed, int times)
    {
        for (int i = 0; i < times; i++)
            _top.Record(new RequestFacts(tenant, key), Plan, allowed);
    }

    private static string Describe(TopList list) => $"{string.Join(", ", list.Entries.Select(entry => $"{entry.Name} {entry.Count}-{entry.Error}"))} of {list.Total}";
}
