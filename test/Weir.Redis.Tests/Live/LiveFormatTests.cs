namespace Weir.Redis.Tests.Live;

/// <summary>How live data is spelled in Redis, and what is none.</summary>
public sealed class LiveFormatTests
{
    [Theory]
    [InlineData("tenant/acme", "7 {\"plan\":\"pro\"}", "tenant", "acme", 7, "{\"plan\":\"pro\"}")]
    [InlineData("block/acme/a/b c", "12 ", "block", "acme/a/b c", 12, "")]
    [InlineData("policies/", "1 two words", "policies", "", 1, "two words")]
    public void An_entry_is_spelled_and_read(string name, string value, string kind, string id, long version, string text)
    {
        Assert.True(LiveFormat.TryReadEntry(name, value, out var entry));
        Assert.Equal(new LiveEntry(kind, id, version, text), entry);
        Assert.Equal((name, value), (LiveFormat.NameOf(kind, id), LiveFormat.ValueOf(entry)));
    }

    [Theory]
    [InlineData("x", "y")]
    [InlineData("tenant", "7 text")]
    [InlineData("/acme", "7 text")]
    [InlineData("tenant/acme", "")]
    [InlineData("tenant/acme", "7")]
    [InlineData("tenant/acme", " text")]
    [InlineData("tenant/acme", "-7 text")]
    [InlineData("tenant/acme", "99999999999999999999 text")]
    [InlineData("", "")]
    public void What_is_no_entry_is_read_as_none(string name, string value) =>
        Assert.False(LiveFormat.TryReadEntry(name, value, out _));

    [Theory]
    [InlineData("tenant/acme\n+text\nmore", "tenant/acme text\nmore")]
    [InlineData("policies/\n-", "policies/ deleted")]
    [InlineData("tenant/acme", null)]
    [InlineData("tenant/acme\n", null)]
    [InlineData("tenant\n+text", null)]
    [InlineData("", null)]
    public void A_text_is_read_or_is_none(string text, string? told)
    {
        var entry = LiveFormat.ReadText(3, text);
        Assert.Equal(told, entry is null ? null : $"{entry.Kind}/{entry.Id} {entry.Value ?? "deleted"}");
    }

    [Theory]
    [InlineData("""{"v":7,"n":"tenant/acme","b":3,"d":true,"w":"me","t":1500}""", "7 tenant acme 3 True me 1970-01-01T00:00:01.5000000+00:00")]
    [InlineData("", null)]
    [InlineData("[]", null)]
    [InlineData("7", null)]
    [InlineData("{}", null)]
    [InlineData("""{"v":"7","n":"tenant/acme","b":3,"d":true,"w":"me","t":1500}""", null)]
    [InlineData("""{"v":7,"n":"tenant","b":3,"d":true,"w":"me","t":1500}""", null)]
    [InlineData("""{"v":7,"n":null,"b":3,"d":true,"w":"me","t":1500}""", null)]
    [InlineData("""{"v":7.5,"n":"tenant/acme","b":3,"d":1,"w":"me","t":1e300}""", null)]
    [InlineData("""{"v":7,"n":"tenant/acme","b":3,"d":true,"w":"me","t":1e18}""", null)]
    public void A_change_is_read_or_is_none(string json, string? told)
    {
        var change = LiveFormat.ReadChange(json);
        Assert.Equal(told, change is null ? null : $"{change.Version} {change.Kind} {change.Id} {change.Before} {change.Deleted} {change.Who} {change.At:O}");
    }
}
