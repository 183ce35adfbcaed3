using Microsoft.Extensions.Time.Testing;

namespace Weir.Tests.Policies;

/// <summary>What live data makes of a document: whatever the order it comes in, and layer by layer.</summary>
public sealed class LiveEntriesTests : IDisposable
{
    private const string File = "defaultPlan: a\nplans: { a: { limits: { l: { rate: 10/h, burst: 1x } } } }\n";
    private const string Wide = "defaultPlan: a\nplans: { a: { limits: { l: { rate: 11/h, burst: 1x } } }, b: { limits: { l: { rate: 20/h, burst: 1x }, all: { by: [], rate: 100/h } } } }\n";
    private const string Narrow = "defaultPlan: c\nplans: { a: {}, c: { limits: { l: { rate: 12/h, burst: 1x } } } }\n";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly LivePolicies _policies;
    private long _version;

    public LiveEntriesTests() => _policies = Make();

    public void Dispose() => _policies.Dispose();

    private LivePolicies Make() => new(PolicyDocument.Parse(File, "file"), _time);

    private static string PlanOf(PolicySet set, string tenant) => set.PlanOf(tenant) is var plan
        ? $"{plan.Name}({string.Join(", ", plan.Limits.Select(limit => $"{limit.Name} {limit.Quota.Capacity}"))})" : "";

    private string Acme => PlanOf(_policies.Current, "acme");

    private IReadOnlyList<PolicyError> Put(string kind, string? text, string id = "acme") =>
        _policies.Apply(new LiveRead(new LiveVersion("test", ++_version), [new LiveEntry(kind, kind is LiveKind.Policies or LiveKind.Candidate ? "" : id, _version, text)], IsWhole: false));

    [Fact]
    public void L12_the_same_entries_end_the_same_in_whatever_order_they_come()
    {
        LiveEntry[] entries =
        [
            new(LiveKind.Policies, "", 6, Wide), new(LiveKind.Candidate, "", 5, Narrow), new(LiveKind.Tenant, "x", 1, """{"plan":"b"}"""), new(LiveKind.Tenant, "y", 2, """{"plan":"c"}"""),
            new(LiveKind.Boost, "x", 3, """{"limits":{"l":{"burst":50}},"until":"2031-01-01T00:00:00Z"}"""), new(LiveKind.Boost, "y", 4, """{"plan":"b","until":"2031-01-01T00:00:00Z"}"""),
        ];
        var random = new Random(12);
        for (int i = 0; i < 200; i++)
        {
            using var policies = Make();
            // On the way, others than those that are left in the end.
            policies.Apply(new LiveRead(new LiveVersion("test", 1), [new LiveEntry(LiveKind.Policies, "", 1, random.Next(2) == 0 ? Wide : Narrow)], IsWhole: false));
            random.Shuffle(entries);
            int cut = random.Next(entries.Length + 1);
            foreach (var part in new[] { entries[..cut], entries[cut..] })
                policies.Apply(new LiveRead(new LiveVersion("test", 6), part, IsWhole: false));
            Assert.Equal("b(l 50, all 200)|b(l 20, all 200)|a(l 11)", $"{PlanOf(policies.Current, "x")}|{PlanOf(policies.Current, "y")}|{PlanOf(policies.Current, "z")}");
            // The candidate has no plan b: of x the boost is left, of y the other layer.
            Assert.Equal("c(l 50)|c(l 12)", $"{PlanOf(policies.Candidate!, "x")}|{PlanOf(policies.Candidate!, "y")}");
            Assert.True(policies.Current.IsLive("x") && policies.Current.IsLive("y") && policies.Candidate!.IsLive("y"));
        }
    }

    [Fact]
    public void L12_a_tenant_that_does_not_fit_is_left_out_and_told_of_and_holds_again_under_a_document_that_it_fits()
    {
        Put(LiveKind.Policies, Wide);
        Put(LiveKind.Tenant, """{"plan":"b"}""");
        Assert.Equal("b(l 20, all 200)", Acme);
        Assert.Contains("there is no plan", Assert.Single(Put(LiveKind.Policies, null)).Message, StringComparison.Ordinal);
        Assert.Equal("a(l 10)", Acme);
        Assert.False(_policies.Current.IsLive("acme"));
        Assert.Empty(Put(LiveKind.Policies, Wide));
        Assert.Equal("b(l 20, all 200)", Acme);
    }

    [Fact]
    public void L12_a_document_that_cannot_be_read_leaves_the_one_before()
    {
        Put(LiveKind.Policies, Wide);
        var before = _policies.Current;
        Assert.NotEmpty(Put(LiveKind.Policies, "defaultPlan: none"));
        Assert.Same(before, _policies.Current);
    }

    [Fact]
    public void A_boost_is_merged_over_the_tenant_field_by_field_and_leaves_it_as_it_was()
    {
        Put(LiveKind.Policies, Wide);
        Put(LiveKind.Tenant, """{"plan":"b","limits":{"l":{"rate":"30/h"},"own":{"rate":"5/h","burst":5}}}""");
        Put(LiveKind.Boost, """{"limits":{"l":{"burst":70},"more":{"rate":"6/h","burst":6}},"until":"2030-01-01T01:00:00Z"}""");
        Assert.Equal("b(l 70, all 200, own 5, more 6)", Acme);
        Assert.True(_policies.IsBoosted("acme"));
        // What is for good changes under the boost, and the boost stays.
        Put(LiveKind.Tenant, """{"plan":"a","limits":{"own":{"rate":"5/h","burst":7}}}""");
        Assert.Equal("a(l 70, own 7, more 6)", Acme);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("a(l 11, own 7)", Acme);
        Assert.False(_policies.IsBoosted("acme"));
        Assert.Equal(["acme"], _policies.Ended(LiveKind.Boost, _time.GetUtcNow(), 10));
        Put(LiveKind.Boost, null);
        Assert.Empty(_policies.Ended(LiveKind.Boost, _time.GetUtcNow(), 10));
    }

    [Theory]
    [InlineData("""{"unlimited":true}""", """{"limits":{"l":{"burst":3}}""", "a(l 3)", "a()")]
    [InlineData("""{"limits":{"l":{"burst":3}}}""", """{"unlimited":true""", "a()", "a(l 3)")]
    [InlineData("""{"unlimited":true}""", """{"plan":"b" """, "b()", "a()")]
    [InlineData("""{"limits":{"l":{"burst":3}}}""", """{"plan":"b" """, "b(l 3, all 200)", "a(l 3)")]
    [InlineData(null, """{"plan":"b" """, "b(l 20, all 200)", "a(l 11)")]
    public void Layers_of_every_kind_lie_over_each_other(string? tenant, string boost, string boosted, string after)
    {
        Put(LiveKind.Policies, Wide);
        Put(LiveKind.Tenant, tenant);
        Assert.Empty(Put(LiveKind.Boost, boost + ""","until":"2030-01-01T01:00:00Z"}"""));
        Assert.Equal(boosted, Acme);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(after, Acme);
    }

    [Fact]
    public void A_tenant_of_an_earlier_version_that_ends_by_itself_still_does()
    {
        Put(LiveKind.Tenant, """{"limits":{"l":{"burst":3}},"until":"2030-01-01T01:00:00Z"}""");
        Assert.True(_policies.IsBoosted("acme"));
        Assert.Equal("a(l 3)", Acme);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("a(l 10)", Acme);
        Assert.False(_policies.Current.IsLive("acme") || _policies.IsBoosted("acme"));
    }

    [Fact]
    public void A_change_is_tried_against_the_layer_that_it_does_not_change()
    {
        Put(LiveKind.Policies, Wide);
        Put(LiveKind.Tenant, """{"plan":"b","limits":{"all":{"burst":3}}}""");
        const string Boost = """{"limits":{"all":{"cost":2}},"until":"2031-01-01T00:00:00Z"}""";
        Assert.Empty(_policies.TryBoost("acme", Boost));
        Put(LiveKind.Boost, Boost);
        Assert.NotEmpty(_policies.TryTenant("acme", null));
        Assert.NotEmpty(_policies.TryTenant("acme", """{"plan":"a"}"""));
        Assert.Contains("is over already", Assert.Single(_policies.TryBoost("acme", """{"plan":"a","until":"2030-01-01T00:00:00Z"}""")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_that_have_ended_are_counted_no_more_and_named_until_they_are_deleted()
    {
        var now = _time.GetUtcNow();
        for (int i = 0; i < 5; i++)
            Put(LiveKind.Block, new Block("acme", $"k{i}", i == 4 ? null : now.AddSeconds(1 + i), "r").ToJson(), $"acme/k{i}");
        Assert.Equal(5, _policies.BlockCount);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(2, _policies.BlockCount);
        Assert.Equal(["acme/k0", "acme/k1"], _policies.Ended(LiveKind.Block, _time.GetUtcNow(), 2));
        Put(LiveKind.Block, null, "acme/k0");
        Put(LiveKind.Block, new Block("acme", "k1", null, "r").ToJson(), "acme/k1");
        Assert.Equal(["acme/k2"], _policies.Ended(LiveKind.Block, _time.GetUtcNow(), 9));
        Assert.Equal(3, _policies.BlockCount);
    }
}
