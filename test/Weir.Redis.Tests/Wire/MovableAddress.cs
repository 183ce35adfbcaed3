using System.Net;
using System.Net.Sockets;

namespace Weir.Redis.Tests.Wire;

/// <summary>An address that leads to one server and then to another. Open connections stay where they lead.</summary>
internal sealed class MovableAddress : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private int _port;
    private Task _accepting = Task.CompletedTask;

    public string Endpoint => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public static Task<MovableAddress> StartAsync(int port)
    {
        var address = new MovableAddress { _port = port };
        address._listener.Start();
        address._accepting = address.AcceptAsync();
        return Task.FromResult(address);
    }

    /// <summary>Leads new connections to another server.</summary>
    public void MoveTo(int port) => Volatile.Write(ref _port, port);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
            _ = LeadAsync(await _listener.AcceptTcpClientAsync(_stopping.Token));
    }

    private async Task LeadAsync(TcpClient from)
    {
        using (from)
        using (var to = new TcpClient { NoDelay = true })
        {
            from.NoDelay = true;
            await to.ConnectAsync(IPAddress.Loopback, Volatile.Read(ref _port), _stopping.Token);
            await Task.WhenAny(
                from.GetStream().CopyToAsync(to.GetStream(), _stopping.Token), to.GetStream().CopyToAsync(from.GetStream(), _stopping.Token));
        }
    }
}
