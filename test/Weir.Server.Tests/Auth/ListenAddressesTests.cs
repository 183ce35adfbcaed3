using Microsoft.Extensions.Configuration;

namespace Weir.Server.Tests.Auth;

/// <summary>Which addresses other machines can reach: whoever is wrong about one leaves a door open.</summary>
public sealed class ListenAddressesTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("http://localhost:3000")]
    [InlineData("http://LOCALHOST:3000")]
    [InlineData("http://127.0.0.1:3000;http://[::1]:3000")]
    [InlineData("http://127.8.9.10:1")]
    [InlineData("http://unix:/tmp/weir.sock")]
    public void Only_this_machine_reaches(string? urls) => Assert.Empty(Reachable(("urls", urls)));

    [Theory]
    [InlineData("http://+:3000")]
    [InlineData("http://*:3000")]
    [InlineData("http://0.0.0.0:3000")]
    [InlineData("http://[::]:3000")]
    [InlineData("http://0:3000")]
    [InlineData("http://10.0.0.1:3000")]
    [InlineData("http://[fe80::1]:3000")]
    [InlineData("http://weir.example:3000")]
    [InlineData("http://localhost.example:3000")]
    [InlineData("http://localhost.:3000")]
    [InlineData("http://127.0.0.1.example:3000")]
    public void Others_reach_too(string url)
    {
        Assert.Equal([$"urls has \"{url}\""], Reachable(("urls", url)));
        Assert.Equal([$"urls has \"{url}\""], Reachable(("urls", $"http://localhost:1;{url}")));
        Assert.Equal([$"Kestrel:Endpoints:door:Url is \"{url}\""], Reachable(("Kestrel:Endpoints:door:Url", url)));
    }

    [Fact]
    public void Ports_alone_are_on_every_address_and_count_only_where_no_address_is_given()
    {
        Assert.Equal(["http_ports has 80, on every address", "http_ports has 81, on every address"],
            Reachable(("http_ports", "80;81")));
        Assert.Empty(Reachable(("urls", "http://localhost:1"), ("http_ports", "80")));
        Assert.Empty(Reachable(("http_ports", "")));
        Assert.Single(Reachable(("urls", ""), ("http_ports", "80")));
    }

    [Fact]
    public void An_endpoint_counts_also_where_an_address_of_this_machine_is_given()
    {
        Assert.Single(Reachable(("urls", "http://localhost:1"), ("Kestrel:Endpoints:a:Url", "http://*:1")));
        Assert.Single(Reachable(("Kestrel:Endpoints:a:Protocols", "Http2")));
        Assert.Empty(Reachable(("Kestrel:Endpoints:a:Url", "http://localhost:1")));
    }

    [Fact]
    public void The_port_of_a_hoster_is_on_every_address_and_counts_only_where_nothing_else_is_given()
    {
        Assert.Equal(["PORT has 8080, on every address"], Reachable(("PORT", "8080")));
        Assert.Equal("http://+:8080", Fallback(("PORT", "8080")));
        Assert.Equal("http://localhost:3000", Fallback(("PORT", ""), ("urls", ""), ("http_ports", "")));
        foreach (var (name, value) in new[] { ("urls", "http://localhost:1"),
            ("Kestrel:Endpoints:a:Url", "http://localhost:1"), ("http_ports", "1") })
        {
            Assert.DoesNotContain(Reachable(("PORT", "8080"), (name, value)), reached =>
                reached.StartsWith("PORT", StringComparison.Ordinal));
            Assert.Null(Fallback(("PORT", "8080"), (name, value)));
        }
    }

    [Theory]
    [InlineData("urls", "http://127.0.0.1:1/base", "urls: \"http://127.0.0.1:1/base\" has a path; leave it out: ")]
    [InlineData("urls", "https://127.0.0.1:1", "urls: \"https://127.0.0.1:1\" does not begin with http://; ")]
    [InlineData("urls", "http://127.0.0.1:65536", "urls: \"http://127.0.0.1:65536\" has no port from 0 to 65535; ")]
    [InlineData("urls", "http://127.0.0.1:8o", "urls: \"http://127.0.0.1:8o\" is not a URL; ")]
    [InlineData("urls", "nonsense", "urls: \"nonsense\" is not a URL; ")]
    [InlineData("urls", "geheim-geheim-geheim", "urls: an address is not a URL; ")]
    [InlineData("urls", "http://me:geheim@localhost:1", "urls: an address has a user or an @; ")]
    [InlineData("urls", "http://pipe:/x", "urls: \"http://pipe:/x\" is a named pipe, which only Windows has; ")]
    [InlineData("Kestrel:Endpoints:a:Url", "nonsense", "Kestrel:Endpoints:a:Url: \"nonsense\" is not a URL; ")]
    [InlineData("Kestrel:Endpoints:a:Protocols", "Http1", "Kestrel:Endpoints:a:Url: it is missing; ")]
    [InlineData("http_ports", "x", "http_ports: \"x\" is not a port; ")]
    [InlineData("https_ports", "443", "https_ports: Weir does not speak TLS; ")]
    [InlineData("PORT", "65536", "PORT: 65536 is not a port; ")]
    [InlineData("PORT", "tcp://10.0.0.1:3000", "PORT: the value is not a port; ")]
    public void An_address_that_does_not_fit_is_told_with_its_cure(string name, string value, string fault) =>
        Assert.StartsWith(fault, Assert.Single(ListenAddresses.FaultsOf(Configuration((name, value)))),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("urls", "http://localhost:0;http://[::1]:1/;http://+:65535;http://unix:/tmp/weir.sock")]
    [InlineData("http_ports", "80;0")]
    [InlineData("PORT", "80")]
    public void Others_are_right(string name, string value) =>
        Assert.Empty(ListenAddresses.FaultsOf(Configuration((name, value))));

    private static IReadOnlyList<string> Reachable(params (string Name, string? Value)[] settings) =>
        ListenAddresses.Reachable(Configuration(settings));

    private static string? Fallback(params (string Name, string? Value)[] settings) =>
        ListenAddresses.Fallback(Configuration(settings));

    private static IConfiguration Configuration(params (string Name, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value))).Build();
}
