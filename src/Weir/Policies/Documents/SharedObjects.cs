namespace Weir;

/// <summary>Maps each key to one shared object, by weak references. Not thread-safe.</summary>
internal sealed class SharedObjects<TKey, TValue>
    where TKey : notnull
    where TValue : class
{
    private const int LeastSwept = 1_024;

    private readonly Dictionary<TKey, WeakReference<TValue>> _known = [];
    private int _sweepAt = LeastSwept;

    public int Count => _known.Count;

    public TValue GetOrMake(TKey key, Func<TValue> make)
    {
        if (_known.TryGetValue(key, out var known) && known.TryGetTarget(out var value))
            return value;
        if (_known.Count >= _sweepAt)
            Sweep();
        value = make();
        _known[key] = new WeakReference<TValue>(value);
        return value;
    }

    // Removes unused objects. Costs amortized O(1): the next sweep waits until the number of objects has doubled.
    private void Sweep()
    {
        foreach (var (key, known) in _known)
        {
            if (!known.TryGetTarget(out _))
                _known.Remove(key);
        }

        _sweepAt = Math.Max(LeastSwept, 2 * _known.Count);
    }
}
