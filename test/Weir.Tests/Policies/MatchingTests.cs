using CsCheck;

namespace Weir.Tests.Policies;

/// <summary>Which limits apply, and what they are keyed by.</summary>
public sealed class MatchingTests
{
    private static bool IsLike(string value, params string[] patterns) =>
        new Condition("route", patterns).Holds(new RequestFacts("t", "k", 1, new Dictionary<string, string> { ["route"] = value }));

    [Theory]
    [InlineData("/search", "/search*", true)]
    [InlineData("/search/all", "/search*", true)]
    [InlineData("/searc", "/search*", false)]
    [InlineData("/a/search", "/search*", false)]
    [InlineData("", "*", true)]
    [InlineData("", "", true)]
    [InlineData("a", "", false)]
    [InlineData("abcabd", "a*b?", false)]
    [InlineData("abcabd", "a*b*d", true)]
    [InlineData("aaab", "*ab", true)]
    [InlineData("aaab", "**a**b**", true)]
    [InlineData("Search", "search", false)]
    public void A_star_stands_for_anything_and_nothing_else_does(string value, string pattern, bool like) => Assert.Equal(like, IsLike(value, pattern));

    [Fact]
    public void A_pattern_matches_as_the_plain_definition_says() =>
        Gen.Select(Gen.Char["ab*"].Array[0, 6], Gen.Char["ab"].Array[0, 8]).Sample((pattern, value) =>
            IsLike(new string(value), new string(pattern)) == Plain(new string(value), new string(pattern)));

    [Fact]
    public void A_list_means_any_of_and_a_lack_means_none()
    {
        Assert.True(IsLike("eu", "us", "e*"));
        Assert.False(IsLike("asia", "us", "e*"));
        Assert.False(new Condition("region", ["*"]).Holds(new RequestFacts("t", "k")));
        Assert.True(new Condition("key", ["k*"]).Holds(new RequestFacts("t", "key")));
    }

    [Theory]
    [InlineData("""{ "ip": "10.*" }""", "10.1.2.3", "eu", false)]
    [InlineData("""{ "ip": "10.*" }""", "11.1.2.3", "eu", true)]
    [InlineData("""{ "ip": "10.*" }""", null, "eu", true)]
    [InlineData("""{ "ip": ["11.*", "10.*"] }""", "10.1.2.3", null, false)]
    [InlineData("""{ "ip": "10.*", "region": "eu" }""", "10.1.2.3", "eu", false)]
    [InlineData("""{ "ip": "10.*", "region": "eu" }""", "10.1.2.3", "us", true)]
    [InlineData("""{ "ip": "10.*", "region": "eu" }""", "10.1.2.3", null, true)]
    [InlineData("""{ "key": "k*" }""", null, null, false)]
    [InlineData("{}", "10.1.2.3", "eu", true)]
    public void A_limit_applies_unless_all_of_its_exceptions_match(string unless, string? ip, string? region, bool applies)
    {
        var attributes = new Dictionary<string, string>();
        if (ip is not null)
            attributes["ip"] = ip;
        if (region is not null)
            attributes["region"] = region;
        var facts = new RequestFacts("t", "k", 1, attributes);
        var policies = PolicyDocument.Parse($"defaultPlan: a\nplans: {{ a: {{ limits: {{ l: {{ rate: 1/s, unless: {unless} }} }} }} }}\n", "test");

        Assert.Equal(!applies, policies.Resolve(facts).IsEmpty);
        Assert.Equal(applies, policies.DefaultPlan.Limits[0].WhyNot(facts) is null);
    }

    [Fact]
    public void Limits_that_differ_in_their_exceptions_alone_are_two()
    {
        var policies = PolicyDocument.Parse("""
            defaultPlan: a
            plans:
              a: { limits: { l: { rate: 1/s, unless: { ip: "10.*" } } } }
              b: { limits: { l: { rate: 1/s, when: { ip: "10.*" } } } }
              c: { limits: { l: { rate: 1/s, unless: { ip: "10.*" } } } }
            """, "test");
        var limits = policies.Plans.Select(plan => plan.Limits[0]).ToList();

        Assert.NotSame(limits[0], limits[1]);
        Assert.Same(limits[0], limits[2]);
    }

    [Theory]
    [InlineData("2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::/64")]
    [InlineData("2001:DB8:1:2:ffff::", 64, "2001:db8:1:2::/64")]
    [InlineData("2001:db8::1", 128, "2001:db8::1/128")]
    [InlineData("2001:db8:ffff::", 33, "2001:db8:8000::/33")]
    [InlineData("::ffff:192.0.2.1", 64, "192.0.2.1")]
    [InlineData("192.0.2.1", 64, "192.0.2.1")]
    [InlineData("no address", 64, "=no address")]
    [InlineData("1", 64, "=1")]
    [InlineData("010.1.1.1", 64, "=010.1.1.1")]
    [InlineData("2001:db8:1:2::/64", 64, "=2001:db8:1:2::/64")]
    public void Addresses_are_grouped_by_their_first_bits(string value, int bits, string group) => Assert.Equal(
        group, new Dimension("ip", bits).ValueIn(new RequestFacts("t", "k", 1, new Dictionary<string, string> { ["ip"] = value })));

    [Fact]
    public void Of_sixteen_limits_those_apply_that_say_so_and_resolving_allocates_nothing()
    {
        string limits = string.Concat(Enumerable.Range(0, 16).Select(i => $"      l{i}: {{ by: [{(i % 2 == 0 ? "key" : "region")}], rate: 5/s{(i % 4 == 0 ? ", when: { route: \"/x*\" }" : "")} }}\n"));
        var policies = PolicyDocument.Parse("defaultPlan: a\nplans:\n  a:\n    limits:\n" + limits, "test");
        var facts = new RequestFacts("t", "k", 1, new Dictionary<string, string> { ["route"] = "/xyz" });
        Assert.Equal(0b0101_0101_0101_0101u, policies.Resolve(facts).Applying);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
            policies.Resolve(facts);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static bool Plain(string value, string pattern) =>
        pattern.Length == 0 ? value.Length == 0
        : pattern[0] == '*' ? Plain(value, pattern[1..]) || (value.Length > 0 && Plain(value[1..], pattern))
        : value.Length > 0 && value[0] == pattern[0] && Plain(value[1..], pattern[1..]);
}
