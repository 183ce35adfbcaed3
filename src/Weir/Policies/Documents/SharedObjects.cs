namespace Weir;

/// <summary>
/// Makes equal things one object while it is in use: an object without users, such as a limit that was
/// only validated, is forgotten.
/// </summary>
/// <remarks>Not for use by two threads at once.</remarks>
/// <typeparam name="TKey">What makes two things equal.</typeparam>
/// <typeparam name="TValue">The things.</typeparam>
internal sealed class SharedObjects<TKey, TValue>
    where TKey : notnull
    where TValue : class
{
    private const int LeastSwept = 1_024;

    private readonly Dictionary<TKey, WeakReference<TValue>> _known = [];
    private int _sweepAt = LeastSwept;

    /// <summary>Number of known objects, including unused ones.</summary>
    public int Count => _known.Count;

    /// <summary>Returns the object of a key, and makes it if there is none.</summary>
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

    /// <summary>Costs a constant per object that is made: the next time, twice as many must be known.</summary>
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
