using Weir.Server.Tests.Configuration;

namespace Weir.Server.Tests.Doors.Authorize;

/// <summary>The settings of the door for proxies: lists of sources, and errors that name the cure.</summary>
public sealed class SourceTests
{
    private const string Forms = "header:NAME, path, method, host, ip, ip/128, query:NAME, const:VALUE";

    [Theory]
    [InlineData("ip", "ip")]
    [InlineData("ip/128", "ip/128")]
    [InlineData(" header:X-User ,ip,", "header:X-User, ip")]
    [InlineData("query:user id,path,method,host,const:a=b:c", "query:user id, path, method, host, const:a=b:c")]
    public void A_list_is_read_in_its_order(string text, string sources) =>
        Assert.Equal(sources, Read.Options(("Weir:Authorize:Key", text)).Authorize.Key.ToString());

    [Fact]
    public void A_list_may_be_given_as_items()
    {
        var read = Read.Options(("Weir:Authorize:Key:0", "header:X-User"), ("Weir:Authorize:Key:1", "ip"),
            ("Weir:Authorize:Attributes:route:0", "query:route"), ("Weir:Authorize:Attributes:route:1", "path"),
            ("Weir:Authorize:Attributes:api.host", "host")).Authorize;

        Assert.Equal("header:X-User, ip", read.Key.ToString());
        Assert.Equal(["api.host=host", "route=query:route, path"],
            read.Attributes.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Without_settings_the_key_is_the_address_and_a_refusal_is_429()
    {
        var read = Read.Options().Authorize;

        Assert.Null(read.Tenant);
        Assert.Equal(("ip", 0, 429, 1),
            (read.Key.ToString(), read.Attributes.Count, read.RefusedStatus, read.TrustedHops));
    }

    [Theory]
    [InlineData("Key", "heder:X", "\"heder:X\" is no list of sources: source 1 is unknown; use " + Forms)]
    [InlineData("Key", "ip, X-User", "\"ip, X-User\" is no list of sources: source 2 is unknown; use " + Forms)]
    [InlineData("Key", "Path", "\"Path\" is no list of sources: source 1 is unknown; use " + Forms)]
    [InlineData("Key", "header", "\"header\" is no list of sources: source 1 lacks its argument; use header:NAME")]
    [InlineData("Key", "const:", "\"const:\" is no list of sources: source 1 lacks its argument; use const:VALUE")]
    [InlineData("Key", "query: ", "\"query: \" is no list of sources: source 1 lacks its argument; use query:NAME")]
    [InlineData("Key", "header:a-name-that-may-be-a-secret:x, geheim@host",
        "the value is no list of sources: source 1 names no header; use a name such as header:X-Api-Key")]
    [InlineData("Key", "ip:1", "\"ip:1\" is no list of sources: source 1 takes no argument; use ip alone")]
    [InlineData("Key", "header:a b",
        "\"header:a b\" is no list of sources: source 1 names no header; use a name such as header:X-Api-Key")]
    [InlineData("Key", ",", "\",\" is no list of sources: it has 0; use 1 to 8 out of " + Forms)]
    [InlineData("Key", "ip,ip,ip,ip,ip,ip,ip,ip,ip",
        "the value is no list of sources: it has 9; use 1 to 8 out of " + Forms)]
    [InlineData("Key", " ", "it is blank; use sources, or leave it out")]
    [InlineData("Tenant", "const:a b",
        "the value of const: is no tenant; use 1 to 64 characters out of A-Z a-z 0-9 . _ -")]
    [InlineData("RefusedStatus", "200", "200 is out of range; use 400 to 499")]
    [InlineData("TrustedHops", "17", "17 is out of range; use 0 to 16")]
    [InlineData("Attributes", "path", "it is a section and has no value; set Weir:Authorize:Attributes:NAME")]
    [InlineData("Attributes:route", "pth", "\"pth\" is no list of sources: source 1 is unknown; use " + Forms)]
    [InlineData("Attributes:key", "path", "an attribute cannot be called key; set Weir:Authorize:Key")]
    [InlineData("Attributes:route:x", "path",
        "it is one value, and something stands below it; set Weir:Authorize:Attributes:route itself")]
    public void A_value_that_does_not_fit_is_told_with_the_cure(string name, string value, string fault)
    {
        string path = $"Weir:Authorize:{name}";
        string told = name.EndsWith(":x", StringComparison.Ordinal) ? path[..^2] : path;
        Assert.Equal([$"{told}: {fault}"], Read.Faults((path, value)));
    }

    [Fact]
    public void A_name_that_is_no_attribute_is_told_without_the_name() => Assert.Equal(
        ["Weir:Authorize:Attributes: the name of an attribute does not fit; use 1 to 64 characters out of "
            + "A-Z a-z 0-9 . _ -"],
        Read.Faults(("Weir:Authorize:Attributes:my route", "path")));

    [Fact]
    public void The_seventeenth_attribute_is_one_too_many() => Assert.Equal(
        ["Weir:Authorize:Attributes:n26: it is one attribute too many; use at most 16"],
        Read.Faults([.. Enumerable.Range(10, 17).Select(n => ($"Weir:Authorize:Attributes:n{n}", (string?)"path"))]));

    [Fact]
    public void A_misspelled_setting_is_told_with_the_one_it_is_close_to() => Assert.Equal(
        ["Unknown setting Weir:Authorize:TrustedHop. Did you mean Weir:Authorize:TrustedHops?"],
        Read.Faults(("Weir:Authorize:TrustedHop", "1")));
}
