using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Weir.Server.Tests.Doors.Authorize;

/// <summary>The facts of a proxied request, read from the headers of its proxy.</summary>
public sealed class ReadingTests
{
    private const string Own = "192.0.2.9";

    [Theory]
    [InlineData("path", "X-Forwarded-Uri: /search?q=1", "/search")]
    [InlineData("path", "X-Original-URI: /search?q=1", "/search")]
    [InlineData("path", "X-Original-URL: https://api.example.com:8443/search?q=1", "/search")]
    [InlineData("path", "X-Original-URL: https://api.example.com", "/")]
    [InlineData("path", "X-Forwarded-Uri: /a|X-Original-URI: /b", "/a")]
    [InlineData("path", "X-Forwarded-Uri: /client|X-Forwarded-Uri: /proxy", "/proxy")]
    [InlineData("path", "X-Forwarded-Uri: /%73earch", "/search")]
    [InlineData("path", "X-Forwarded-Uri: /caf%C3%A9", "/café")]
    [InlineData("path", "X-Forwarded-Uri: //search", "/search")]
    [InlineData("path", "X-Forwarded-Uri: /a/./b/../search", "/a/search")]
    [InlineData("path", "X-Forwarded-Uri: /../../search/", "/search/")]
    [InlineData("path", "X-Forwarded-Uri: /a%2F..%2Fsearch", "/search")]
    [InlineData("path", "X-Forwarded-Uri: /a/..", "/")]
    [InlineData("path", "X-Forwarded-Uri: /a/.well-known", "/a/.well-known")]
    [InlineData("path", "X-Forwarded-Uri: /%FF", "/%FF")]
    [InlineData("path", "X-Forwarded-Uri: /?next=http://x/y", "/")]
    [InlineData("path", "X-Forwarded-Uri: search", "/search")]
    [InlineData("path", "X-Forwarded-Uri: /a#b", "/a")]
    [InlineData("path", "", null)]
    [InlineData("method", "X-Forwarded-Method: PURGE", "PURGE")]
    [InlineData("method", "X-Original-Method: PUT", "PUT")]
    [InlineData("method", "", "GET")]
    [InlineData("host", "X-Forwarded-Host: API.example.com:8443", "api.example.com")]
    [InlineData("host", "X-Forwarded-Host: client.example, proxy.example.", "proxy.example")]
    [InlineData("host", "X-Original-Host: [2001:db8::1]:80", "[2001:db8::1]")]
    [InlineData("host", "X-Original-URL: https://user@api.example.com:8443/", "api.example.com")]
    [InlineData("host", "", "weir.local")]
    [InlineData("query:user", "X-Forwarded-Uri: /a?x=1&user=J%C3%BCrgen+B&user=b", "Jürgen B")]
    [InlineData("query:user", "X-Forwarded-Uri: /a?user=&User=b", null)]
    [InlineData("query:user", "X-Forwarded-Uri: /a", null)]
    [InlineData("query:user", "", null)]
    [InlineData("header:X-User", "X-User: ada", "ada")]
    [InlineData("header:x-user", "X-User: ada|X-User: eve", "ada,eve")]
    [InlineData("header:X-User", "X-User: ", null)]
    [InlineData("const:all", "", "all")]
    [InlineData("header:X-User, query:user, const:none", "X-Forwarded-Uri: /?user=eve", "eve")]
    [InlineData("header:X-User, query:user, const:none", "", "none")]
    public void A_source_has_a_value(string sources, string headers, string? value)
    {
        Read(Context(headers), out var facts, ("Key", "const:k"), ("Attributes:a", sources));

        Assert.Equal(value, facts.Attributes?["a"]);
    }

    [Theory]
    [InlineData(1, "198.51.100.1", "198.51.100.1")]
    [InlineData(1, "6.6.6.6, 198.51.100.1", "198.51.100.1")]
    [InlineData(2, "6.6.6.6, 198.51.100.1, 10.0.0.1", "198.51.100.1")]
    [InlineData(2, "6.6.6.6, 198.51.100.1|10.0.0.1", "198.51.100.1")]
    [InlineData(3, "198.51.100.1", "198.51.100.1")]
    [InlineData(0, "198.51.100.1", Own)]
    [InlineData(1, "", Own)]
    [InlineData(1, "198.51.100.1:5678", "198.51.100.1")]
    [InlineData(1, "\"198.51.100.1:5678\"", "198.51.100.1")]
    [InlineData(1, "2001:DB8:0:0:0:0:0:1", "2001:db8::1")]
    [InlineData(1, "[2001:db8::1]:5678", "2001:db8::1")]
    [InlineData(1, "\"[2001:db8::1]:5678\"", "2001:db8::1")]
    [InlineData(1, "fe80::1%3", "fe80::1")]
    [InlineData(1, "::ffff:198.51.100.1", "198.51.100.1")]
    public void The_address_is_counted_from_the_right(int hops, string forwarded, string address)
    {
        string headers = string.Join('|', forwarded.Split('|').Select(line => $"X-Forwarded-For: {line}"));
        var http = Context(forwarded.Length == 0 ? "" : headers);
        Read(http, out var facts, ("TrustedHops", $"{hops}"), ("Key", "ip/128"));

        Assert.Equal(address, facts.Key);
    }

    [Theory]
    [InlineData("198.51.100.1, unknown")]
    [InlineData("198.51.100.1, _hidden")]
    [InlineData("198.51.100.1,")]
    [InlineData("1")]
    [InlineData("0x7f.1")]
    [InlineData("\"")]
    public void An_entry_that_is_no_address_is_no_key(string forwarded)
    {
        var http = Context($"X-Forwarded-For: {forwarded}");

        Assert.Equal("key", Read(http, out _)!.Field);
        Assert.Null(Read(http, out var facts, ("Key", "ip, const:unknown")));
        Assert.Equal("unknown", facts.Key);
    }

    [Theory]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:2::")]
    [InlineData("fe80::1%3", "fe80::")]
    [InlineData("::ffff:198.51.100.1", "198.51.100.1")]
    [InlineData("198.51.100.1", "198.51.100.1")]
    public void The_addresses_of_an_IPv6_network_are_one_key(string forwarded, string key)
    {
        Read(Context($"X-Forwarded-For: {forwarded}"), out var facts);

        Assert.Equal(key, facts.Key);
    }

    [Theory]
    [InlineData("/v1/authorize/search?q=1", "/search")]
    [InlineData("/V1/Authorize/search", "/search")]
    [InlineData("/v1/authorize/", "/")]
    [InlineData("/v1/authorize", null)]
    [InlineData("/v1/authorized", null)]
    public void Envoy_sends_the_original_path_behind_its_prefix(string target, string? path)
    {
        Read(Context("", target), out var facts, ("Attributes:route", "path"));

        Assert.Equal(path, facts.Attributes?["route"]);
    }

    [Fact]
    public void A_value_that_is_too_long_is_cut_at_a_character_and_keeps_its_hash()
    {
        string token = new('é', 129);
        Read(Context($"X-Token: {token}|X-Fits: {token[1..]}"), out var facts, ("Key", "header:X-Token"),
            ("Attributes:a", "header:X-Fits"));

        Assert.Matches("^é{92}~sha256:[0-9a-f]{64}$", facts.Key);
        Assert.Equal(token[1..], facts.Attributes!["a"]);
        Read(Context($"X-Token: a{token}"), out var other, ("Key", "header:X-Token"));
        Assert.Matches("^aé{91}~sha256:[0-9a-f]{64}$", other.Key);
    }

    [Fact]
    public void Without_a_tenant_of_its_own_a_request_is_of_the_default_tenant()
    {
        Assert.Null(Read(Context("X-Tenant-Id: acme"), out var facts));
        Assert.Equal(("default", Own, 1L), (facts.Tenant, facts.Key, facts.Cost));
        Assert.Null(Read(Context("X-Tenant-Id: acme"), out facts, ("Tenant", "header:X-Tenant-Id")));
        Assert.Equal("acme", facts.Tenant);
    }

    [Fact]
    public void A_request_without_a_key_is_told_the_sources()
    {
        var complaint = Read(Context(""), out _, ("Key", "header:X-User, query:user"));

        Assert.Equal(("key", "the request has no key: none of the sources header:X-User, query:user is in it; make the "
            + "proxy send one of them, or add ip or const:VALUE to the end of Weir:Authorize:Key"),
            (complaint!.Field, complaint.Message));
    }

    [Fact]
    public void A_tenant_that_is_none_is_an_error() => Assert.Equal(
        "tenant", Read(Context("X-Tenant-Id: a b"), out _, ("Tenant", "header:X-Tenant-Id"))!.Field);

    private static Complaint? Read(
        HttpContext http, out RequestFacts facts, params (string Name, string Value)[] settings)
    {
        var options = Configuration.Read.Options(
            [.. settings.Select(setting => ($"Weir:Authorize:{setting.Name}", (string?)setting.Value))]);
        return new AuthorizeReader(options).Read(http, out facts);
    }

    /// <summary>A request with these headers, separated by vertical bars.</summary>
    private static DefaultHttpContext Context(string headers, string target = "/v1/authorize")
    {
        var http = new DefaultHttpContext();
        http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        http.Request.Method = "GET";
        http.Request.Headers.Host = "weir.local:3000";
        http.Connection.RemoteIpAddress = IPAddress.Parse(Own);
        foreach (string[] header in headers.Split('|', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(": ", 2)))
            http.Request.Headers.Append(header[0], header[1]);
        return http;
    }
}
