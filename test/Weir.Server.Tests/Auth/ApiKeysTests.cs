using Weir.Testing;

namespace Weir.Server.Tests.Auth;

/// <summary>Keys that come and go with the live data.</summary>
public sealed class ApiKeysTests
{
    private readonly ApiKeys _keys = new([SomeKey.Of("configured", "config:ci")], Some.Clock());

    private bool Opens(string secret) => _keys.Find($"Bearer {secret}") is not null;

    [Fact]
    public void Those_of_the_configuration_are_there_before_and_after_any_live_data()
    {
        Assert.True(Opens("configured"));
        Assert.False(_keys.IsComplete);
        _keys.Apply(SomeKey.Read(1, true));
        Assert.True(Opens("configured"));
        Assert.True(_keys.IsComplete);
    }

    [Fact]
    public void A_change_of_one_leaves_the_others()
    {
        _keys.Apply(SomeKey.Read(2, true, SomeKey.Entry(SomeKey.Of("a", "k_a"), 1), SomeKey.Entry(SomeKey.Of("b", "k_b"), 2)));
        _keys.Apply(SomeKey.Read(3, false, new LiveEntry(LiveKind.Key, "k_a", 3, null), new LiveEntry(LiveKind.Tenant, "k_b", 3, null)));
        Assert.False(Opens("a"));
        Assert.True(Opens("b"));
        Assert.Equal(["config:ci"], _keys.ConfiguredAfter("").Select(key => key.Id));
        Assert.Equal((null, "k_b"), (_keys.OfId("k_a")?.Id, _keys.OfId("k_b")?.Id));
    }

    [Fact]
    public void What_a_whole_reading_does_not_have_is_gone()
    {
        _keys.Apply(SomeKey.Read(1, true, SomeKey.Entry(SomeKey.Of("a", "k_a"), 1)));
        _keys.Apply(SomeKey.Read(5, true, SomeKey.Entry(SomeKey.Of("b", "k_b"), 5)));
        Assert.Equal((false, true), (Opens("a"), Opens("b")));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"scope":"root","hash":"HASH"}""")]
    [InlineData("""{"scope":"take","hash":"short"}""")]
    [InlineData("""{"scope":"take","hash":"HASH","audience":"a later version's restriction"}""")]
    public void A_key_that_cannot_be_read_opens_nothing_also_if_it_could_be_before(string text)
    {
        _keys.Apply(SomeKey.Read(1, true, SomeKey.Entry(SomeKey.Of("a", "k_a"), 1)));
        text = text.Replace("HASH", Convert.ToHexString(KeySecret.HashOf("a")), StringComparison.Ordinal);
        var unreadable = _keys.Apply(SomeKey.Read(2, false, new LiveEntry(LiveKind.Key, "k_a", 2, text)));
        Assert.Equal("the key k_a cannot be read, and opens nothing: revoke it, and create another", Assert.Single(unreadable));
        Assert.False(Opens("a"));
    }

    [Fact]
    public void A_key_is_kept_with_all_it_is_and_without_its_secret()
    {
        var key = SomeKey.Of("geheim", "k_1", KeyScope.Take, "acme", DateTimeOffset.UnixEpoch.AddDays(1), "ci");
        string text = key.ToJson();
        Assert.DoesNotContain("geheim", text, StringComparison.Ordinal);
        var again = ApiKey.FromJson("k_1", text)!;
        Assert.Equal(key.Hash, again.Hash);
        Assert.Equal(key with { Hash = again.Hash }, again);
        Assert.Equal("ci (k_1)", again.Who);
    }
}
