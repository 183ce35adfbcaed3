using System.Text;
using CsCheck;
using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>The keys that stand in people's Redis: changing their spelling forgets every bucket.</summary>
public sealed class RedisKeyFormatTests
{
    [Theory]
    [InlineData("user_123", "weir:{acme}:per-key:user_123")]
    [InlineData("a b/c?d=e", "weir:{acme}:per-key:a b/c?d=e")]
    [InlineData("a:b", "weir:{acme}:per-key:a%3Ab")]
    [InlineData("{a}", "weir:{acme}:per-key:%7Ba%7D")]
    [InlineData("100%", "weir:{acme}:per-key:100%25")]
    [InlineData("#1", "weir:{acme}:per-key:%231")]
    [InlineData("é\n", "weir:{acme}:per-key:%C3%A9%0A")]
    public void A_key_is_spelled_so(string key, string expected) => Assert.Equal(expected, KeyOf("acme", key));

    [Fact]
    public void A_long_value_is_its_hash()
    {
        string longest = new('a', RedisKeyFormat.LongestValue);

        Assert.Equal($"weir:{{acme}}:per-key:{longest}", KeyOf("acme", longest));
        Assert.Matches("^weir:[{]acme[}]:per-key:#[0-9a-f]{64}$", KeyOf("acme", longest + "a"));
        Assert.Matches("^weir:[{]acme[}]:per-key:#[0-9a-f]{64}$", KeyOf("acme", new string('%', RedisKeyFormat.LongestValue)));
    }

    [Fact]
    public void L12_with_one_partition_the_tenant_alone_is_the_hash_tag_whatever_its_plan_limits()
    {
        string key = KeyOf("acme", "a}b{c");

        Assert.Equal((key.IndexOf('{'), key.IndexOf('}')), (key.LastIndexOf('{'), key.LastIndexOf('}')));
        Assert.StartsWith("weir:{acme}:", key, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\u00e9", "e\u0301")]
    [InlineData("\ufb01", "fi")]
    [InlineData("K", "\u212a")]
    [InlineData("a", "a\u200b")]
    public void Text_is_compared_bytewise_however_alike_it_looks(string one, string other)
    {
        Assert.NotEqual(KeyOf("acme", one), KeyOf("acme", other));
        Assert.NotEqual(KeyOf("acme", one, Secret), KeyOf("acme", other, Secret));
    }

    [Fact]
    public void A_private_key_is_its_keyed_hash()
    {
        Assert.Equal("weir:{acme}:per-key:#1UoMKCxEwif_QZyvWGk9yjd-ZY_RXQVabsaWOJ1c0Vo", KeyOf("acme", "user_123", Secret));
        Assert.NotEqual(KeyOf("acme", "user_123", Secret), KeyOf("acme", "user_123", new KeyHash("another-secret-of-many-characters")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void L9_no_two_requests_spell_one_key(bool isPrivate)
    {
        var privacy = isPrivate ? Secret : null;
        // Few characters, those that the format itself uses among them, so that requests come close to one another.
        var text = Gen.Char["ab%#:{}25é"].Array[1, 8].Select(letters => new string(letters));
        var tenant = Gen.Char["ab.-_"].Array[1, 4].Select(letters => new string(letters));
        Gen.Select(tenant, text, tenant, text).Sample((oneTenant, one, otherTenant, other) =>
            (KeyOf(oneTenant, one, privacy) == KeyOf(otherTenant, other, privacy)) == ((oneTenant, one) == (otherTenant, other)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void L9_no_two_lists_of_values_spell_one_key(bool isPrivate)
    {
        var format = new RedisKeyFormat("weir", isPrivate ? Secret : null, new PartitionCount(isPrivate ? 64 : 1));
        var limit = new Limit("l", [Limit.KeyDimension, "a", "b"], Some.Quota);
        var text = Gen.Char["ab%#:{}~2é"].Array[0, 4].Select(letters => new string(letters));
        var perhaps = Gen.OneOf(text.Select(value => (string?)value), Gen.Const((string?)null));
        Gen.Select(text, perhaps, perhaps).Array[2].Sample(pair =>
        {
            string[] keys = [.. pair.Select(values => Encoding.UTF8.GetString(format.KeyOf(
                new RequestFacts("acme", values.Item1, 1, AttributesOf(("a", values.Item2), ("b", values.Item3))), limit)))];
            return (keys[0] == keys[1]) == (pair[0] == pair[1]);
        });
    }

    [Fact]
    public void A_value_that_the_request_lacks_is_spelled_as_no_value_is()
    {
        var limit = new Limit("per-ip", ["ip"], Some.Quota) { Missing = OnMissing.Together };

        Assert.Equal("weir:{acme}:per-ip:#", Encoding.UTF8.GetString(new RedisKeyFormat("weir", null, new PartitionCount(1)).KeyOf(new RequestFacts("acme", "k"), limit)));
        Assert.Equal("weir:{acme}:per-ip:#", Encoding.UTF8.GetString(new RedisKeyFormat("weir", Secret, new PartitionCount(1)).KeyOf(new RequestFacts("acme", "k"), limit)));
    }

    private static Dictionary<string, string> AttributesOf(params (string Name, string? Value)[] pairs) =>
        pairs.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Name, pair => pair.Value!);

    private static readonly KeyHash Secret = new("0123456789abcdef0123456789abcdef");

    private static string KeyOf(string tenant, string key, KeyHash? privacy = null) =>
        Encoding.UTF8.GetString(new RedisKeyFormat("weir", privacy, new PartitionCount(1)).KeyOf(new RequestFacts(tenant, key), Some.Limit));
}
