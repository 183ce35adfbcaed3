using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Weir.Testing;

namespace Weir.Drill.Tests.Network;

/// <summary>
/// The network between one instance and Redis. It can be cut, stalled, slowed and healed while others' is well, which makes a partial partition wherever tests run.
/// </summary>
internal sealed class Proxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly int _target;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<ProxiedConnection, bool> _connections = new();
    private readonly Task _accepting;

    private Proxy(TcpListener listener, int target)
    {
        _listener = listener;
        _target = target;
        _accepting = AcceptAsync();
    }

    /// <summary>Where the instance finds what it takes for Redis.</summary>
    public string Endpoint => _listener.LocalEndpoint.ToString()!;

    /// <summary>What it does with what comes.</summary>
    internal Link Link { get; } = new();

    /// <summary>Opens the way to a port of this machine.</summary>
    public static Proxy To(int port)
    {
        for (int attempt = 1; ; attempt++)
        {
            var listener = new TcpListener(IPAddress.Loopback, FreePort.Next());
            try
            {
                listener.Start();
                return new Proxy(listener, port);
            }
            catch (SocketException) when (attempt < 3)
            {
                listener.Dispose();
            }
        }
    }

    /// <summary>Resets all connections, and every new one at once.</summary>
    public void Cut()
    {
        Link.Cut();
        foreach (var connection in _connections.Keys)
            connection.Dispose();
    }

    /// <summary>Holds back every byte, as a network does that loses packets: connections stay open, nothing comes through.</summary>
    public void Stall() => Link.Stall();

    /// <summary>Holds back every byte for so long, and at most twice as long.</summary>
    public void Delay(TimeSpan by) => Link.Delay(by);

    /// <summary>Is a good network again; what was held back comes through.</summary>
    public void Heal() => Link.Heal();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        foreach (var connection in _connections.Keys)
            connection.Dispose();
        Link.Heal();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var connection = new ProxiedConnection(await _listener.AcceptSocketAsync(_stopping.Token), Link);
                _ = ServeAsync(connection);
            }
            catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Whoever gave up before he was let in is no concern of the next.
            }
        }
    }

    private async Task ServeAsync(ProxiedConnection connection)
    {
        _connections.TryAdd(connection, true);
        await connection.ServeAsync(_target);
        _connections.TryRemove(connection, out _);
    }
}
