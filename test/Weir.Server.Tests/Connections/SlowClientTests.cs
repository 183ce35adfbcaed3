using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Connections;

/// <summary>Clients that send slowly, drip or never read: their connections are closed after a bound.</summary>
public sealed class SlowClientTests
{
    [Fact]
    public async Task The_bounds_are_those_that_are_documented()
    {
        await using var server = await RunningServer.StartAsync();
        var limits = server.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        Assert.Equal((10, 4_096, 5), (limits.RequestHeadersTimeout.TotalSeconds, limits.MinRequestBodyDataRate!.BytesPerSecond, limits.MinRequestBodyDataRate.GracePeriod.TotalSeconds));
        Assert.Equal((16_384, 5), (limits.MinResponseDataRate!.BytesPerSecond, limits.MinResponseDataRate.GracePeriod.TotalSeconds));
    }

    [Fact]
    public async Task Headers_that_do_not_end_are_408()
    {
        await using var server = await RunningServer.StartAsync("Kestrel:Limits:RequestHeadersTimeout=00:00:01");
        using var client = await RawConnection.OpenAsync(server.Address);
        await client.SendAsync("GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: ");
        Assert.StartsWith("HTTP/1.1 408", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_does_not_come_is_refused_and_its_connection_closed()
    {
        await using var server = await RunningServer.StartAsync(
            "Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond=1000", "Kestrel:Limits:MinRequestBodyDataRate:GracePeriod=00:00:01.5");
        using var client = await RawConnection.OpenAsync(server.Address);
        await client.SendAsync("POST /v1/take HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");
        string answer = await client.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_never_reads_is_closed()
    {
        await using var server = await RunningServer.StartAsync(
            "Kestrel:Limits:MinResponseDataRate:BytesPerSecond=100000000", "Kestrel:Limits:MinResponseDataRate:GracePeriod=00:00:01.5");
        using var client = await RawConnection.OpenAsync(server.Address);
        string requests = string.Concat(Enumerable.Repeat("GET /openapi/v1.json HTTP/1.1\r\nHost: localhost\r\n\r\n", 100));
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true)
                await client.SendAsync(requests).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        });
    }

    [Theory]
    [InlineData("Kestrel:Limits:MaxConnections=5", "MaxConnections")]
    [InlineData("Kestrel:Limit:RequestHeadersTimeout=5", "Unknown setting Kestrel:Limit; use one of Endpoints, EndpointDefaults, Limits")]
    [InlineData("Kestrel:Limits:RequestHeadersTimeout=soon", "RequestHeadersTimeout")]
    [InlineData("Kestrel:Limits:RequestHeadersTimeout=-00:00:05", "RequestHeadersTimeout")]
    [InlineData("Kestrel:AddServerHeader=perhaps", "AddServerHeader")]
    [InlineData("Kestrel:Endpoints:a:Protocols=Foo", "Kestrel:Endpoints:a:Protocols: \"Foo\" is unknown; use one of Http1, Http2, Http1AndHttp2")]
    [InlineData("Kestrel:Endpoints:a:Uri=http://localhost:1", "Unknown setting Kestrel:Endpoints:a:Uri; use one of Url, Protocols")]
    [InlineData("Kestrel:EndpointDefaults:Protocols=Http3", "Kestrel:EndpointDefaults:Protocols: \"Http3\" is unknown")]
    [InlineData("Kestrel:Certificates:Default:Path=c.pfx", "Kestrel:Certificates: Weir does not speak TLS")]
    public async Task A_setting_of_Kestrel_that_means_nothing_stops_the_start(string setting, string message)
    {
        var thrown = await Assert.ThrowsAsync<SettingsException>(() => RunningServer.StartAsync(setting));
        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
    }
}
