using System.Collections.Concurrent;

namespace Weir;

/// <summary>A bounded pool of objects. Safe for concurrent use.</summary>
/// <param name="make">Makes one when none is there.</param>
/// <param name="most">How many are kept.</param>
internal sealed class Pool<T>(Func<T> make, int most)
    where T : class
{
    private readonly ConcurrentQueue<T> _kept = new();
    private int _count;

    /// <summary>Takes an object out of the pool, or makes one.</summary>
    public T Rent()
    {
        if (!_kept.TryDequeue(out var one))
            return make();
        Interlocked.Decrement(ref _count);
        return one;
    }

    /// <summary>Puts an unused object back.</summary>
    public void Return(T one)
    {
        if (Interlocked.Increment(ref _count) <= most)
            _kept.Enqueue(one);
        else
            Interlocked.Decrement(ref _count);
    }
}
