using System.Text;
using CsCheck;
using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>The keys that stand in people's Redis: changing their spelling forgets every bucket.</summary>
public sealed class RedisKeyFormatTests
{
    [Theory]
    [InlineData("user_123", "weir:{acme:user_123}:per-key")]
    [InlineData("a b/c?d=e", "weir:{acme:a b/c?d=e}:per-key")]
    [InlineData("a:b", "weir:{acme:a%3Ab}:per-key")]
    [InlineData("{a}", "weir:{acme:%7Ba%7D}:per-key")]
    [InlineData("100%", "weir:{acme:100%25}:per-key")]
    [InlineData("#1", "weir:{acme:%231}:per-key")]
    [InlineData("é\n", "weir:{acme:%C3%A9%0A}:per-key")]
    public void A_key_is_spelled_so(string key, string expected) => Assert.Equal(expected, KeyOf("acme", key));

    [Fact]
    public void A_long_value_is_its_hash()
    {
        string longest = new('a', RedisKeyFormat.LongestValue);

        Assert.Equal($"weir:{{acme:{longest}}}:per-key", KeyOf("acme", longest));
        Assert.Matches("^weir:[{]acme:#[0-9a-f]{64}[}]:per-key$", KeyOf("acme", longest + "a"));
        Assert.Matches("^weir:[{]acme:#[0-9a-f]{64}[}]:per-key$", KeyOf("acme", new string('%', RedisKeyFormat.LongestValue)));
    }

    [Fact]
    public void The_tenant_and_the_key_are_the_hash_tag_of_a_cluster()
    {
        string key = KeyOf("acme", "a}b{c");

        Assert.Equal((key.IndexOf('{'), key.IndexOf('}')), (key.LastIndexOf('{'), key.LastIndexOf('}')));
        Assert.StartsWith("weir:{acme:", key, StringComparison.Ordinal);
    }

    [Fact]
    public void L9_no_two_requests_spell_one_key()
    {
        // Few characters, those that the format itself uses among them, so that requests come close to one another.
        var text = Gen.Char["ab%#:{}25é"].Array[1, 8].Select(letters => new string(letters));
        var tenant = Gen.Char["ab.-_"].Array[1, 4].Select(letters => new string(letters));
        Gen.Select(tenant, text, tenant, text).Sample((oneTenant, one, otherTenant, other) =>
            (KeyOf(oneTenant, one) == KeyOf(otherTenant, other)) == ((oneTenant, one) == (otherTenant, other)));
    }

    private static string KeyOf(string tenant, string key) => Encoding.UTF8.GetString(RedisKeyFormat.KeyOf("weir", Some.Request(key, tenant: tenant)));
}
