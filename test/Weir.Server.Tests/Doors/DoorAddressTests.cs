using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Weir.Server.Tests.Configuration;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Doors;

public sealed class DoorAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:6380", "127.0.0.1", 6380, false)]
    [InlineData("localhost:6380", "127.0.0.1", 6380, false)]
    [InlineData("[::1]:6380", "::1", 6380, false)]
    [InlineData("*:6380", "::", 6380, true)]
    [InlineData("[::]:6380", "::", 6380, true)]
    [InlineData("0.0.0.0:1", "0.0.0.0", 1, true)]
    [InlineData("10.0.0.1:0", "10.0.0.1", 0, true)]
    public void An_address_is_a_host_and_a_port(string text, string host, int port, bool isReachable)
    {
        var address = DoorAddress.Parse(text)!;
        Assert.Equal((host, port, isReachable), (address.Host.ToString(), address.Port, address.IsReachable));
    }

    [Theory]
    [InlineData("6380")]
    [InlineData(":6380")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("::1:6380")]
    [InlineData("weir.example:6380")]
    [InlineData("redis://127.0.0.1:6380")]
    public void Anything_else_is_an_error_that_names_the_setting_and_the_cure(string text) => Assert.Equal(
        [$"Weir:Resp:Listen: {ShownValue.Of(text)} is no address; use host:port with an IP address, * or localhost as the host, "
            + "such as 127.0.0.1:6380, [::1]:6380, *:6380 or localhost:6380"],
        Read.Faults(("Weir:Resp:Listen", text)));

    [Theory]
    [InlineData("*:6380", "0.0.0.0:6380")]
    [InlineData("[::1]:6380", null)]
    public async Task Any_address_is_that_of_IPv4_on_a_machine_without_IPv6(string listen, string? bound)
    {
        var address = DoorAddress.Parse(listen)!;
        using var bounds = new ConnectionBounds(1, TimeProvider.System, NullLogger<ConnectionBounds>.Instance);
        var transport = new BoundedTransport(new WithoutIPv6(), new WithoutIPv6(), bounds);
        var endpoint = new RespEndPoint(address.Host, address.Port);
        if (bound is null)
            await Assert.ThrowsAsync<SocketException>(async () => await transport.BindAsync(endpoint));
        else
            Assert.Equal(bound, $"{(await transport.BindAsync(endpoint)).EndPoint}");
    }

    private sealed class WithoutIPv6 : IConnectionListenerFactory
    {
        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            endpoint.AddressFamily == AddressFamily.InterNetwork
                ? new(new Listening(endpoint))
                : throw new SocketException((int)SocketError.AddressFamilyNotSupported);

        private sealed record Listening(EndPoint EndPoint) : IConnectionListener
        {
            public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => default;

            public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => default;

            public ValueTask DisposeAsync() => default;
        }
    }

    [Fact]
    public async Task Without_keys_it_does_not_start_where_other_machines_reach_it()
    {
        var thrown = await Assert.ThrowsAsync<SettingsException>(() => RunningServer.StartAsync("Weir:Resp:Listen=*:0"));
        Assert.Contains(
            "Weir:Resp:Listen is \"*:0\", which other machines can reach without a key", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("; or listen on 127.0.0.1:0 with Weir__Resp__Listen=127.0.0.1:0; ", thrown.Message, StringComparison.Ordinal);
    }
}
