using Microsoft.AspNetCore.Connections;

namespace Weir.Server;

/// <summary>
/// Bounds how many connections are open at a time (law L10). If all are in use, the connection that has been idle
/// longest makes room for a new one, as in nginx. If none has been idle for long enough, the new connection is refused.
/// </summary>
/// <remarks>
/// Safe for concurrent use. The connection that makes room is the longest idle one of a random sample, as in Redis'
/// eviction, so that a full table costs no scan.
/// </remarks>
internal sealed class ConnectionBound
{
    /// <summary>Idle time after which a connection may be closed to make room.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    /// <summary>The same for a connection that has never sent a request.</summary>
    public static readonly TimeSpan IdleUnused = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Connections that may still be closing while new ones have their places: descriptors beyond the bound.
    /// </summary>
    private const int MostClosing = 16;

    private const int Sample = 32;

    private readonly Lock _gate = new();
    private readonly BoundedConnection?[] _slots;
    private readonly Stack<int> _free;
    private readonly TimeProvider _time;
    private int _closing;
    private long _refused;
    private long _closedIdle;

    /// <param name="most">Connections at a time; at least 1.</param>
    /// <param name="time">Measures how long connections are idle.</param>
    public ConnectionBound(int most, TimeProvider time)
    {
        Most = most;
        _time = time;
        _slots = new BoundedConnection?[most + Math.Min(most, MostClosing)];
        _free = new Stack<int>(Enumerable.Range(0, _slots.Length).Reverse());
    }

    /// <summary>The bound.</summary>
    public int Most { get; }

    /// <summary>Open connections, except for those being closed to make room.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return CountLocked;
        }
    }

    /// <summary>Connections refused since the start.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Idle connections closed since the start to make room.</summary>
    public long ClosedIdle => Volatile.Read(ref _closedIdle);

    /// <summary>A timestamp of the clock that measures idle time.</summary>
    public long Now => _time.GetTimestamp();

    private int CountLocked => _slots.Length - _free.Count - _closing;

    /// <summary>Counts a connection. False if there is no room for it.</summary>
    public bool TryAdd(BoundedConnection connection)
    {
        BoundedConnection? closing = null;
        lock (_gate)
        {
            if (_free.Count == 0 || (CountLocked >= Most && (closing = CloseIdleLocked()) is null))
            {
                _refused++;
                return false;
            }

            connection.Slot = _free.Pop();
            _slots[connection.Slot] = connection;
        }

        closing?.Abort(new ConnectionAbortedException("Closed while idle to make room for a new connection."));
        return true;
    }

    /// <summary>Stops counting a connection, if it was counted.</summary>
    public void Remove(BoundedConnection connection)
    {
        lock (_gate)
        {
            if (_slots[connection.Slot] != connection)
                return;
            _slots[connection.Slot] = null;
            _free.Push(connection.Slot);
            _closing -= connection.IsClosing ? 1 : 0;
        }
    }

    /// <summary>Marks the connection that makes room; null if none has been idle for long enough.</summary>
    private BoundedConnection? CloseIdleLocked()
    {
        BoundedConnection? idle = null;
        var most = TimeSpan.Zero;
        for (int i = 0; i < Sample; i++)
        {
            if (_slots[Random.Shared.Next(_slots.Length)] is { IsClosing: false } sampled && BeyondIdle(sampled) is var beyond && beyond > most)
                (idle, most) = (sampled, beyond);
        }

        if (idle is null)
            return null;
        idle.IsClosing = true;
        _closing++;
        _closedIdle++;
        return idle;
    }

    /// <summary>How much longer a connection has been idle than it may be.</summary>
    private TimeSpan BeyondIdle(BoundedConnection connection) =>
        _time.GetElapsedTime(connection.UsedAt) - (connection.IsUsed ? Idle : IdleUnused);
}
