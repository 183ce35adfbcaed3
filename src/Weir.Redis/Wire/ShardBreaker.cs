namespace Weir.Redis;

/// <summary>
/// Whether a node of a cluster is asked. A node that leaves calls unanswered is not asked for a while, but for one
/// decision per break, so that its buckets are decided from memory at once and other nodes' buckets as ever.
/// Safe for concurrent use.
/// </summary>
/// <param name="options">When it opens, and for how long.</param>
/// <param name="time">The clock.</param>
internal sealed class ShardBreaker(BreakerOptions options, TimeProvider time)
{
    private readonly CircuitBreaker _breaker = new(options, time);
    private int _lease;

    /// <summary>Called when it has opened (true) or closed (false).</summary>
    public event Action<bool>? Changed;

    /// <summary>True while the node is asked.</summary>
    public bool IsClosed => _breaker.IsClosed;

    /// <summary>True if a decision may be sent to the node now.</summary>
    public bool MayAsk()
    {
        if (_breaker.IsClosed)
            return true;
        if (!_breaker.TryLeaseProbe(out int lease))
            return false;
        Volatile.Write(ref _lease, lease);
        return true;
    }

    /// <summary>The node has answered. A node that answers is asked, whoever sent the call.</summary>
    public void Succeeded()
    {
        if (_breaker.IsClosed)
            _breaker.Succeeded();
        else if (_breaker.Close())
            Changed?.Invoke(false);
    }

    /// <summary>The node has left a decision unanswered.</summary>
    /// <param name="lives">Whether it has answered others in the meantime.</param>
    public void Failed(bool lives)
    {
        if (!_breaker.IsClosed)
            _breaker.ProbeFailed(Volatile.Read(ref _lease));
        else if (_breaker.Failed(lives))
            Changed?.Invoke(true);
    }
}
