using Microsoft.AspNetCore.Connections;

namespace Weir.Server;

/// <summary>
/// Limits open connections (law L10). At the limit, a new connection replaces the longest idle connection of a random
/// sample, as in Redis' eviction, or is refused if none is idle. Safe for concurrent use.
/// </summary>
internal sealed class ConnectionBound
{
    /// <summary>Idle time after which a connection may be closed to make room.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    /// <summary>Idle time after which a connection without any request may be closed to make room.</summary>
    public static readonly TimeSpan IdleUnused = TimeSpan.FromSeconds(1);

    /// <summary>Maximum number of closing connections beyond the limit.</summary>
    private const int MostClosing = 16;

    private const int Sample = 32;

    private readonly Lock _gate = new();
    private readonly BoundedConnection?[] _slots;
    private readonly Stack<int> _free;
    private readonly TimeProvider _time;
    private int _closing;
    private long _refused;
    private long _closedIdle;

    public ConnectionBound(int most, TimeProvider time)
    {
        Most = most;
        _time = time;
        _slots = new BoundedConnection?[most + Math.Min(most, MostClosing)];
        _free = new Stack<int>(Enumerable.Range(0, _slots.Length).Reverse());
    }

    public int Most { get; }

    public int Count
    {
        get
        {
            lock (_gate)
                return CountLocked;
        }
    }

    public long Refused => Volatile.Read(ref _refused);

    public long ClosedIdle => Volatile.Read(ref _closedIdle);

    public long Now => _time.GetTimestamp();

    private int CountLocked => _slots.Length - _free.Count - _closing;

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

    private TimeSpan BeyondIdle(BoundedConnection connection) =>
        _time.GetElapsedTime(connection.UsedAt) - (connection.IsUsed ? Idle : IdleUnused);
}
