using Weir.Testing;

namespace Weir.Tests.Policies;

/// <summary>Other numbers for one key, in a plan and in a tenant.</summary>
public sealed class KeyOverrideTests
{
    private const string Document =
        """
        defaultPlan: free
        plans:
          free:
            limits:
              per-key: { rate: 10/h, burst: 1x }
              all: { by: [], rate: 1000/h, burst: 1x }
            keys:
              vip: { limits: { per-key: { rate: 100/h } } }
              "jane@example.com": { unlimited: true }
              odd: { limits: { all: { unlimited: true }, extra: { rate: 3/h, burst: 1x } } }
        tenants:
          acme:
            limits: { per-key: { burst: 3x } }
            keys:
              vip: { limits: { per-key: { burst: 5x } } }
              own: { limits: { per-key: { rate: 7/h } } }
        """;

    private readonly PolicySet _policies = PolicyDocument.Parse(Document, "file");

    private static string Limits(LimitSet set) =>
        string.Join(" ", RateLimiter.NamesOf(set).Zip(CapacitiesOf(set), (name, capacity) => $"{name}:{capacity}"));

    private static List<long> CapacitiesOf(LimitSet set)
    {
        var found = new List<long>();
        foreach (var limit in set)
            found.Add(limit.Quota.Capacity);
        return found;
    }

    [Theory]
    [InlineData("globex", "anybody", "per-key:10 all:1000")]
    [InlineData("globex", "vip", "per-key:100 all:1000")]
    [InlineData("globex", "VIP", "per-key:10 all:1000")]
    [InlineData("globex", "odd", "per-key:10 extra:3")]
    [InlineData("globex", "jane@example.com", "")]
    [InlineData("acme", "anybody", "per-key:30 all:1000")]
    [InlineData("acme", "vip", "per-key:500 all:1000")]
    [InlineData("acme", "own", "per-key:21 all:1000")]
    [InlineData("acme", "odd", "per-key:30 extra:3")]
    public void A_key_has_its_own_numbers_over_those_of_the_plan_and_of_the_tenant(string tenant, string key, string limits) =>
        Assert.Equal(limits, Limits(_policies.Resolve(new RequestFacts(tenant, key))));

    [Theory]
    [InlineData("vip: { limits: { all: { rate: 5/h } } }", "plans.a.keys.vip.limits.all", "has one bucket for all keys")]
    [InlineData("vip: { limits: { new: { burst: 5 } } }", "plans.a.keys.vip.limits.new", "rate is missing")]
    [InlineData("vip: { plan: b }", "plans.a.keys.vip.plan", "it belongs to a tenant")]
    [InlineData("vip: { until: 2030-01-01T00:00:00Z }", "plans.a.keys.vip.until", "it belongs to a live tenant")]
    [InlineData("vip: { unlimited: true, limits: { k: { rate: 1/s } } }", "plans.a.keys.vip.limits", "stands beside unlimited: true")]
    [InlineData("\"\": { unlimited: true }", "plans.a.keys[\"\"]", "key is missing or empty")]
    [InlineData("vip: 3", "plans.a.keys.vip", "must be a mapping with the keys limits, unlimited")]
    [InlineData("vip: {}, vip: {}", "plans.a.keys.vip", "the same key stands on line")]
    public void What_is_wrong_with_a_key_is_told_with_its_path(string keys, string path, string message)
    {
        string text = $"defaultPlan: a\nplans: {{ a: {{ limits: {{ k: {{ rate: 1/s }}, all: {{ by: [], rate: 9/s }} }}, keys: {{ {keys} }} }} }}\n";

        Assert.False(PolicyDocument.TryParse(text, "file", out _, out var errors));

        Assert.Contains(errors, error => error.Path == path && error.Message.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("acme", "vip", "per-key:10 x:5")]
    [InlineData("acme", "free", "x:5")]
    [InlineData("acme", "own", "per-key:10 x:9")]
    [InlineData("globex", "vip", "per-key:100 x:5")]
    public void A_tenant_that_shares_a_limit_shares_it_among_the_keys_of_its_plan_too(string tenant, string key, string limits)
    {
        var policies = PolicyDocument.Parse(
            """
            defaultPlan: a
            plans:
              a:
                limits: { per-key: { rate: 10/h, burst: 1x }, x: { rate: 5/h, burst: 1x } }
                keys: { vip: { limits: { per-key: { rate: 100/h } } }, free: { limits: { per-key: { unlimited: true } } } }
            tenants:
              acme:
                limits: { per-key: { by: [ip] } }
                keys: { own: { limits: { x: { rate: 9/h } } } }
            """,
            "file");
        var facts = new RequestFacts(tenant, key) { Attributes = new Dictionary<string, string> { ["ip"] = "10.0.0.1" } };

        Assert.Equal(limits, Limits(policies.Resolve(facts)));
    }

    [Theory]
    [InlineData("acme", "anybody", "token")]
    [InlineData("acme", "vip", "token")]
    [InlineData("free", "anybody", "token")]
    [InlineData("one", "anybody", "token")]
    public void Units_that_somebody_is_exempt_from_are_known(string tenant, string key, string unknown)
    {
        var policies = PolicyDocument.Parse(
            """
            defaultPlan: a
            plans:
              a:
                limits: { requests: { rate: 10/h }, tokens: { unit: tokens, rate: 100/h }, more: { unit: tokens, rate: 200/d } }
                keys: { vip: { unlimited: true } }
            tenants: { free: { unlimited: true }, one: { limits: { tokens: { unlimited: true }, more: { unlimited: true } } } }
            """,
            "file");
        var plan = policies.Resolve(new RequestFacts(tenant, key)).Plan;

        Assert.Equal([unknown], plan.UnknownUnits(new Dictionary<string, long> { ["tokens"] = 5, [unknown] = 5, ["requests"] = 1 })!);
    }

    [Fact]
    public void What_does_not_fit_a_tenant_alone_is_told_too()
    {
        string fifteen = string.Join(", ", Enumerable.Range(0, 15).Select(i => $"l{i}: {{ rate: 1/s }}"));
        string text =
            $$"""
            defaultPlan: a
            plans: { a: { limits: { {{fifteen}} }, keys: { vip: { limits: { one: { rate: 1/s } } } } } }
            tenants: { acme: { limits: { another: { rate: 1/s } } } }
            """;

        Assert.False(PolicyDocument.TryParse(text, "file", out _, out var errors));

        Assert.Equal(("plans.a.keys.vip.limits.one", 2), (Assert.Single(errors).Path, errors[0].Line));
    }

    [Fact]
    public void Two_hundred_thousand_keys_resolve_without_allocation()
    {
        const int Keys = 200_000;
        string overrides = string.Join(',', Enumerable.Range(0, Keys).Select(i => $$"""
            "k{{i}}":{"limits":{"k":{"rate":"{{2 + (i % 5)}}/s"} } }
            """));
        var policies = PolicyDocument.Parse($$"""
            {"defaultPlan":"a","plans":{"a":{"limits":{"k":{"rate":"1/s"} },"keys":{ {{overrides}} } } } }
            """, "file");
        string[] keys = [.. Enumerable.Range(0, 1_000).Select(i => $"k{i * 199}")];
        long capacities = 0;
        policies.Resolve(new RequestFacts("t", keys[0]));

        long bytes = Allocated.ByRunning(() =>
        {
            capacities = 0;
            foreach (string key in keys)
                capacities += policies.Resolve(new RequestFacts("t", key)).First.Quota.Capacity;
        });

        Assert.Equal(0, bytes);
        Assert.Equal(keys.Length * 8, capacities);
    }

    [Fact]
    public void L10_a_document_makes_so_many_plans_of_keys_and_no_more()
    {
        static string Text(int tenants)
        {
            string keys = string.Join(", ", Enumerable.Range(0, 1_000).Select(i => $"k{i}: {{}}"));
            string listed = string.Join("\n", Enumerable.Range(0, tenants).Select(i => $"  t{i}: {{ limits: {{ k: {{ burst: {i + 1} }} }} }}"));
            return $"defaultPlan: a\nplans: {{ a: {{ limits: {{ k: {{ rate: 1/s }} }}, keys: {{ {keys} }} }} }}\ntenants:\n{listed}\n";
        }

        Assert.True(PolicyDocument.TryParse(Text(499), "file", out _, out _));
        Assert.False(PolicyDocument.TryParse(Text(500), "file", out _, out var errors));
        Assert.Contains("more than 500000 plans of keys", Assert.Single(errors).Message, StringComparison.Ordinal);
    }
}
