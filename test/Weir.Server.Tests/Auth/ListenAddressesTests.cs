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
        Assert.Equal(["http_ports has \"80\", on every address", "http_ports has \"81\", on every address", "https_ports has \"82\", on every address"], Reachable(("http_ports", "80;81"), ("https_ports", "82")));
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

    private static IReadOnlyList<string> Reachable(params (string Name, string? Value)[] settings) =>
        ListenAddresses.Reachable(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value))).Build());
}
