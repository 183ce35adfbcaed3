namespace Weir;

/// <summary>
/// Idempotency keys of takes about which something was heard in the last seconds, such as that they were given up and
/// may still be executed. Bounded. Safe for concurrent use.
/// </summary>
internal sealed class RecentRecords(MonotonicClock clock)
{
    private const int Most = 16_384;

    /// <summary>A reply that is later than this comes over no connection.</summary>
    private const long LifeUs = 5_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, UInt128 Id), long> _at = [];
    private readonly Queue<((string Tenant, UInt128 Id) Key, long At)> _order = new();
    private volatile bool _hasSome;

    /// <summary>Entries that wait for their end, of which one key may have several.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _order.Count;
        }
    }

    /// <summary>True if this key was added in the last seconds, and not removed.</summary>
    public bool Has(string tenant, UInt128 id)
    {
        if (!_hasSome)
            return false;
        lock (_gate)
        {
            ForgetOldLocked();
            return _at.ContainsKey((tenant, id));
        }
    }

    /// <summary>Adds a key, as of now.</summary>
    public void Add(string tenant, UInt128 id)
    {
        lock (_gate)
        {
            ForgetOldLocked();
            if (_order.Count >= Most)
                return;
            long now = clock.NowUs;
            _at[(tenant, id)] = now;
            _order.Enqueue(((tenant, id), now));
            _hasSome = true;
        }
    }

    /// <summary>Removes a key.</summary>
    public void Remove(string tenant, UInt128 id)
    {
        lock (_gate)
            _at.Remove((tenant, id));
    }

    private void ForgetOldLocked()
    {
        while (_order.TryPeek(out var first) && clock.NowUs - first.At >= LifeUs)
        {
            _order.Dequeue();
            if (_at.TryGetValue(first.Key, out long at) && at == first.At)
                _at.Remove(first.Key);
        }

        _hasSome = _order.Count > 0;
    }
}
