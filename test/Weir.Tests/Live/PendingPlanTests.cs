using Microsoft.Extensions.Time.Testing;

namespace Weir.Tests.Live;

/// <summary>Tenants of a whole read, which are compiled when they are asked for.</summary>
public sealed class PendingPlanTests : IDisposable
{
    private const string Document = "defaultPlan: a\nplans: { a: { limits: { l: { rate: 10/h, burst: 1x } } }, b: { limits: { l: { rate: 20/h, burst: 1x } } } }\n";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly LivePolicies _policies;

    public PendingPlanTests() => _policies = new LivePolicies(PolicyDocument.Parse(Document, "file"), _time);

    public void Dispose() => _policies.Dispose();

    private IReadOnlyList<PolicyError> Read(bool isWhole, params LiveEntry[] entries) =>
        _policies.Apply(new LiveRead(new LiveVersion("test", 1), entries, isWhole));

    private static LiveEntry Tenant(string id, string? text, string kind = LiveKind.Tenant) => new(kind, id, 1, text);

    private long Capacity(string tenant) => _policies.Current.PlanOf(tenant).Limits[0].Quota.Capacity;

    [Fact]
    public void All_who_ask_get_the_plan_that_a_single_change_would_have_made()
    {
        (string Id, string Text)[] tenants =
            [.. Enumerable.Range(0, 3_000).Select(i => ($"t{i}", i % 3 == 0 ? """{"plan":"b"}""" : $$$$"""{"limits":{"l":{"burst":{{{{(i % 700) + 1}}}} }}}"""))];
        Assert.Empty(Read(isWhole: true, [.. tenants.Select(tenant => Tenant(tenant.Id, tenant.Text))]));
        using var single = new LivePolicies(PolicyDocument.Parse(Document, "file"), _time);
        foreach (var (id, text) in tenants)
            Assert.Empty(single.Apply(new LiveRead(new LiveVersion("test", 1), [Tenant(id, text)], IsWhole: false)));

        Parallel.ForEach(Enumerable.Range(0, 4).SelectMany(_ => tenants), tenant =>
        {
            var resolved = _policies.Current.Resolve(new RequestFacts(tenant.Id, "k"));
            Assert.True(resolved.TenantIsListed);
            Assert.Equal(single.Current.PlanOf(tenant.Id).Limits[0].Quota, resolved.First.Quota);
        });
        Assert.Same(_policies.Current.PlanOf("t0"), _policies.Current.PlanOf("t3"));
        Assert.Equal("a", _policies.Current.PlanOf("t3000").Name);
    }

    [Fact]
    public async Task Those_who_ask_for_the_same_tenant_at_the_same_moment_all_get_its_plan()
    {
        string[] tenants = [.. Enumerable.Range(0, 20_000).Select(i => $"t{i}")];
        Assert.Empty(Read(isWhole: true, [.. tenants.Select(tenant => Tenant(tenant, """{"plan":"b"}"""))]));
        using var together = new Barrier(4);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait();
                Assert.All(tenants, tenant => Assert.Equal(20, Capacity(tenant)));
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }

    [Fact]
    public void L12_those_that_do_not_fit_are_told_of_later_and_the_document_holds_for_them()
    {
        Assert.Empty(Read(isWhole: true, Tenant("fits", """{"plan":"b"}"""), Tenant("other", """{"plan":"c"}"""), Tenant("text", "no text: of ours")));
        Assert.Equal((20, 10, 10), (Capacity("fits"), Capacity("other"), Capacity("text")));
        Assert.Equal((true, false, false), (_policies.Current.IsLive("fits"), _policies.Current.IsLive("other"), _policies.Current.IsLive("text")));
        Assert.False(_policies.Current.Resolve(new RequestFacts("other", "k")).TenantIsListed);
        string[] told = [.. _policies.CompileTenants().SelectMany(errors => errors).Select(error => error.ToString()).Order()];
        Assert.Equal(2, told.Length);
        Assert.Contains("tenant other", told[0], StringComparison.Ordinal);
        Assert.Contains("there is no plan \"c\"", told[0], StringComparison.Ordinal);
        Assert.Contains("tenant text", told[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Compiling_them_all_leaves_nothing_to_compile_but_what_does_not_fit()
    {
        Read(isWhole: true, Tenant("fits", """{"plan":"b"}"""), Tenant("other", """{"plan":"c"}"""));
        Assert.Single(_policies.CompileTenants().SelectMany(errors => errors));
        Assert.Single(_policies.CompileTenants());
        Assert.Empty(Read(isWhole: false, Tenant("other", null)));
        Assert.Empty(_policies.CompileTenants());
    }

    [Fact]
    public void A_document_that_comes_later_is_judged_with_them_and_changes_them()
    {
        Read(isWhole: true, Tenant("acme", """{"plan":"b"}"""), Tenant("globex", """{"limits":{"l":{"rate":"7/h"}}}"""));
        Assert.Contains("there is no plan", Assert.Single(_policies.Try(PolicyDocument.Parse("defaultPlan: a\nplans: { a: {} }\n", "x"))).Message, StringComparison.Ordinal);
        Assert.Empty(Read(isWhole: false, new LiveEntry(LiveKind.Policies, "", 2, Document.Replace("20/h", "30/h", StringComparison.Ordinal))));
        Assert.Equal((30, 7), (Capacity("acme"), Capacity("globex")));
    }

    [Theory]
    [InlineData(LiveKind.Boost, """{"plan":"b","until":"2030-01-01T01:00:00Z"}""")]
    [InlineData(LiveKind.Tenant, """{"plan":"b","until":"2030-01-01T01:00:00Z"}""")]
    [InlineData(LiveKind.Tenant, """{"plan":"b","\u0075ntil":"2030-01-01T01:00:00Z"}""")]
    public void What_ends_ends_at_its_time_though_nobody_has_asked_for_it(string kind, string text)
    {
        Read(isWhole: true, Tenant("acme", text, kind), Tenant("globex", """{"plan":"b"}"""));
        Assert.Equal(["acme"], kind == LiveKind.Boost ? _policies.Ended(LiveKind.Boost, _time.GetUtcNow().AddHours(2), 10) : ["acme"]);
        Assert.True(_policies.IsBoosted("acme"));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((10, 20), (Capacity("acme"), Capacity("globex")));
        Assert.False(_policies.IsBoosted("acme"));
    }

    [Fact]
    public void A_boost_lies_over_the_tenants_entry_in_the_document_where_no_live_text_is()
    {
        const string Tenants = "tenants: { acme: { plan: b, limits: { l: { burst: 33 } } } }\n";
        Read(isWhole: false, new LiveEntry(LiveKind.Policies, "", 1, Document + Tenants));
        Read(isWhole: false, Tenant("acme", """{"limits":{"l":{"rate":"40/h"}},"until":"2030-01-01T01:00:00Z"}""", LiveKind.Boost));
        var boosted = _policies.Current.PlanOf("acme");
        Assert.Equal(("b", 33, 40), (boosted.Name, Capacity("acme"), ((TokenQuota)boosted.Limits[0].Quota).Tokens));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(20, ((TokenQuota)_policies.Current.PlanOf("acme").Limits[0].Quota).Tokens);
    }

    [Fact]
    public void A_whole_read_replaces_all_that_was_before()
    {
        Read(isWhole: true, Tenant("acme", """{"plan":"b"}"""), Tenant("globex", """{"plan":"b"}"""));
        Read(isWhole: true, Tenant("globex", """{"limits":{"l":{"burst":3}}}"""));
        Assert.Equal((10, 3), (Capacity("acme"), Capacity("globex")));
        Assert.False(_policies.Current.IsLive("acme"));
    }

    [Theory]
    [InlineData("acme", """{"Tenant":"acme","Key":"k","Reason":"r"}""")]
    [InlineData("acme/k", "no JSON")]
    [InlineData("acme/k", """{"Tenant":"acme"}""")]
    [InlineData("/k", """{"Tenant":"","Key":"k","Reason":"r"}""")]
    public void A_block_that_cannot_be_read_is_left_out_and_told_of(string id, string text)
    {
        Assert.Contains("refuses nothing", Assert.Single(Read(isWhole: true, new LiveEntry(LiveKind.Block, id, 1, text))).Message, StringComparison.Ordinal);
        Assert.Equal(0, _policies.BlockCount);
    }
}
