namespace Weir;

// Keys of recent idempotency records, such as those of abandoned takes. Bounded. Safe for concurrent use.
internal sealed class RecentRecords(MonotonicClock clock)
{
    private const int Most = 16_384;

    /// <summary>Time after which an entry is removed. No connection delivers a reply later.</summary>
    private const long LifeUs = 5_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, UInt128 Id), long> _at = [];
    private readonly Queue<((string Tenant, UInt128 Id) Key, long At)> _order = new();
    private volatile bool _hasSome;

    public int Waiting
    {
        get
        {
            lock (_gate)
                return _order.Count;
        }
    }

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
