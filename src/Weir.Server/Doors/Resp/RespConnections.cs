using System.Collections.Concurrent;

namespace Weir.Server;

/// <summary>Tracks the open RESP connections: assigns IDs, and ends idle and stuck connections.</summary>
internal sealed class RespConnections : IDisposable
{
    private readonly ConcurrentDictionary<long, RespConnection> _open = new();
    private readonly ITimer _check;
    private long _lastId;

    public RespConnections(TimeProvider time)
    {
        _check = time.CreateTimer(
            static all => ((RespConnections)all!).Check(), this, RespBounds.CheckInterval, RespBounds.CheckInterval);
    }

    public int Count => _open.Count;

    public long NextId() => Interlocked.Increment(ref _lastId);

    public void Add(RespConnection connection) => _open[connection.Id] = connection;

    public void Remove(RespConnection connection) => _open.TryRemove(connection.Id, out _);

    public void Dispose() => _check.Dispose();

    private void Check()
    {
        foreach (var (_, connection) in _open)
            connection.CheckTimeouts();
    }
}
