using System.Net;
using System.Net.Sockets;

namespace Weir.Drill.Tests.Network;

/// <summary>A connection through a <see cref="Proxy"/>: two sockets, and what passes between them.</summary>
internal sealed class ProxiedConnection : IDisposable
{
    private readonly Socket _near;
    private readonly Socket _far = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Link _link;

    public ProxiedConnection(Socket near, Link link)
    {
        _near = near;
        _near.NoDelay = true;
        _link = link;
    }

    /// <summary>Passes on what comes until either side ends; then both have ended.</summary>
    public async Task ServeAsync(int target)
    {
        try
        {
            await _link.PassAsync();
            await _far.ConnectAsync(IPAddress.Loopback, target);
            if (!_link.IsCut)
                await Task.WhenAny(PumpAsync(_near, _far), PumpAsync(_far, _near));
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // Then there is nobody on the other side, and the near one is told by its own end.
        }

        Dispose();
    }

    /// <summary>Drops both sides without a farewell.</summary>
    public void Dispose()
    {
        _near.Close(0);
        _far.Close(0);
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[64 << 10];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var length)
            {
                await _link.PassAsync();
                await SendAsync(to, buffer.AsMemory(0, length));
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // An end like any other.
        }
    }

    private static async Task SendAsync(Socket to, Memory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await to.SendAsync(bytes)..];
    }
}
