namespace Weir.Redis;

/// <summary>
/// Idempotency keys of takes that were given up and may still be executed and then undone. The same take again must not
/// be answered by a record that is about to be deleted. Safe for concurrent use.
/// </summary>
internal sealed class GivenUpRecords(TimeProvider time)
{
    private const int Most = 16_384;

    /// <summary>A reply that is later than this comes over no connection.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(5);

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

    /// <summary>True if a take under this key was given up and is not known to be undone.</summary>
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

    /// <summary>A take under this key was given up.</summary>
    public void Add(string tenant, UInt128 id)
    {
        lock (_gate)
        {
            ForgetOldLocked();
            if (_order.Count >= Most)
                return;
            long now = time.GetTimestamp();
            _at[(tenant, id)] = now;
            _order.Enqueue(((tenant, id), now));
            _hasSome = true;
        }
    }

    /// <summary>Its reply has come and is undone.</summary>
    public void Remove(string tenant, UInt128 id)
    {
        lock (_gate)
            _at.Remove((tenant, id));
    }

    private void ForgetOldLocked()
    {
        while (_order.TryPeek(out var first) && time.GetElapsedTime(first.At) >= Life)
        {
            _order.Dequeue();
            if (_at.TryGetValue(first.Key, out long at) && at == first.At)
                _at.Remove(first.Key);
        }

        _hasSome = _order.Count > 0;
    }
}
