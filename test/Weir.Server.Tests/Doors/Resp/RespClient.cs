using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Resp;

/// <summary>A connection to the RESP door of a running server.</summary>
internal sealed class RespClient : IDisposable
{
    private readonly TcpClient _client = new() { NoDelay = true };

    /// <summary>The port of a server's RESP door.</summary>
    public static int PortOf(RunningServer server) =>
        IPEndPoint.Parse(server.Services.GetRequiredService<RespDoor>().Address).Port;

    public static async Task<RespClient> OpenAsync(RunningServer server)
    {
        var client = new RespClient();
        await client._client.ConnectAsync(IPAddress.Loopback, PortOf(server));
        return client;
    }

    /// <summary>Sends a command and returns the first line of its reply.</summary>
    public async Task<string> CallAsync(params string[] words)
    {
        await _client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(RespRig.Spell(words)));
        using var deadline = new CancellationTokenSource(Until.Patience);
        var bytes = new byte[4096];
        int count = await _client.GetStream().ReadAsync(bytes, deadline.Token);
        return Encoding.UTF8.GetString(bytes, 0, count).Split("\r\n")[0];
    }

    /// <summary>True if the server ends the connection in order.</summary>
    public async Task<bool> EndsInOrderAsync()
    {
        using var deadline = new CancellationTokenSource(Until.Patience);
        return await _client.GetStream().ReadAsync(new byte[1], deadline.Token) == 0;
    }

    public void Dispose() => _client.Dispose();
}
