using CsCheck;
using Weir.Testing;

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

    [Theory]
    [InlineData("192.0.2.77", "192.0.2.0/24")]
    [InlineData("192.0.2.77:443", "192.0.2.0/24")]
    [InlineData("192.0.2.77:0", "192.0.2.0/24")]
    [InlineData("::ffff:192.0.2.77", "192.0.2.0/24")]
    [InlineData("[::ffff:192.0.2.77]:8080", "192.0.2.0/24")]
    [InlineData("2001:db8:1:2:3::4", "2001:db8:1:2::/64")]
    [InlineData("[2001:db8:1:2:3::4]:65535", "2001:db8:1:2::/64")]
    [InlineData("[2001:db8:1:2:3::4]", "2001:db8:1:2::/64")]
    [InlineData("[::1]:80", "::/64")]
    [InlineData("192.0.2.77:65536", "=192.0.2.77:65536")]
    [InlineData("192.0.2.77:", "=192.0.2.77:")]
    [InlineData("192.0.2.77:https", "=192.0.2.77:https")]
    [InlineData("192.0.2.77:1:2", "=192.0.2.77:1:2")]
    [InlineData("[192.0.2.77]:80", "=[192.0.2.77]:80")]
    [InlineData("[::1", "=[::1")]
    [InlineData("[::1]80", "=[::1]80")]
    [InlineData("[[::1]]:80", "=[[::1]]:80")]
    [InlineData("010.1.1.1:80", "=010.1.1.1:80")]
    [InlineData("192.0.2.0/24", "=192.0.2.0/24")]
    [InlineData("", "=")]
    public void Both_families_are_grouped_and_a_port_is_left_out(string value, string group) => Assert.Equal(group, GroupOf(value, 64, 24));

    [Theory]
    [InlineData("192.0.2.77", 0, 20, "192.0.0.0/20")]
    [InlineData("192.0.2.77:1", 64, 0, "192.0.2.77")]
    [InlineData("192.0.2.77:1", 64, 32, "192.0.2.77")]
    [InlineData("2001:DB8::1", 0, 24, "2001:db8::1")]
    [InlineData("[2001:db8::1]:1", 0, 24, "2001:db8::1")]
    [InlineData("192.0.2.77", 0, 1, "128.0.0.0/1")]
    public void A_family_without_bits_counts_whole(string value, int v6, int v4, string group) => Assert.Equal(group, GroupOf(value, v6, v4));

    [Theory]
    [InlineData("ip", 0, 0)]
    [InlineData("ip/24", 0, 24)]
    [InlineData("ip/32", 0, 32)]
    [InlineData("ip/33", 33, 0)]
    [InlineData("ip/64", 64, 0)]
    [InlineData("ip/24/64", 64, 24)]
    [InlineData("ip/32/20", 20, 32)]
    public void Bits_are_of_the_family_that_has_so_many(string text, int v6, int v4)
    {
        var limit = PolicyDocument.Parse($"defaultPlan: a\nplans: {{ a: {{ limits: {{ l: {{ by: [{text}], rate: 1/s }} }} }} }}\n", "test").DefaultPlan.Limits[0];

        Assert.Equal(new Dimension("ip", v6, v4), limit.Dimensions[0]);
        Assert.Equal(text, limit.Dimensions[0].ToString());
    }

    private static string? GroupOf(string value, int v6, int v4) =>
        new Dimension("ip", v6, v4).ValueIn(new RequestFacts("t", "k", 1, new Dictionary<string, string> { ["ip"] = value }));

    [Fact]
    public void Of_sixteen_limits_those_apply_that_say_so_and_resolving_allocates_nothing()
    {
        string limits = string.Concat(Enumerable.Range(0, 16).Select(i => $"      l{i}: {{ by: [{(i % 2 == 0 ? "key" : "region")}], rate: 5/s{(i % 4 == 0 ? ", when: { route: \"/x*\" }" : "")} }}\n"));
        var policies = PolicyDocument.Parse("defaultPlan: a\nplans:\n  a:\n    limits:\n" + limits, "test");
        var facts = new RequestFacts("t", "k", 1, new Dictionary<string, string> { ["route"] = "/xyz" });
        Assert.Equal(0b0101_0101_0101_0101u, policies.Resolve(facts).Applying);
        long bytes = Allocated.ByRunning(() =>
        {
            for (int i = 0; i < 1_000; i++)
                policies.Resolve(facts);
        });
        Assert.Equal(0, bytes);
    }

    private static bool Plain(string value, string pattern) =>
        pattern.Length == 0 ? value.Length == 0
        : pattern[0] == '*' ? Plain(value, pattern[1..]) || (value.Length > 0 && Plain(value[1..], pattern))
        : value.Length > 0 && value[0] == pattern[0] && Plain(value[1..], pattern[1..]);
}
