using System.Collections.Concurrent;

namespace Weir;

/// <summary>A bounded pool of reusable objects. Safe for concurrent use.</summary>
internal sealed class Pool<T>(Func<T> make, int most)
    where T : class
{
    private readonly ConcurrentQueue<T> _kept = new();
    private int _count;

    public T Rent()
    {
        if (!_kept.TryDequeue(out var one))
            return make();
        Interlocked.Decrement(ref _count);
        return one;
    }

    public void Return(T one)
    {
        if (Interlocked.Increment(ref _count) <= most)
            _kept.Enqueue(one);
        else
            Interlocked.Decrement(ref _count);
    }
}
