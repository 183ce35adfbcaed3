namespace Weir;

/// <summary>Whether the store is asked.</summary>
public enum BreakerState
{
    /// <summary>Every request asks the store.</summary>
    Closed,

    /// <summary>No request asks the store; the next probe is not due yet.</summary>
    Open,

    /// <summary>No request asks the store; a probe is due or under way.</summary>
    HalfOpen,
}

/// <summary>
/// A circuit breaker (Nygard, "Release It!"): a pure state machine that is told results and the time, and does no I/O.
/// </summary>
/// <remarks>
/// <para>Every event in every state:</para>
/// <list type="table">
/// <item><term>success</term><description>closed: counts. Otherwise: of an older call, and says nothing.</description></item>
/// <item><term>failure</term><description>closed: counts, and may open. Otherwise: of an older call, and says nothing.</description></item>
/// <item><term>failure of a store that lives</term><description>as a failure, but it ends a row as a success does.</description></item>
/// <item><term>cancellation</term><description>says nothing of the store, in any state: there is no method for it.</description></item>
/// <item><term>probe wanted</term><description>half-open with none under way: leased. Otherwise: none is given.</description></item>
/// <item><term>probe succeeded</term><description>the lease's holder closes it. From a lease that has ended: says nothing.</description></item>
/// <item><term>probe failed</term><description>the lease's holder opens it for another break. From a lease that has ended: says nothing.</description></item>
/// <item><term>opened by its owner</term><description>whatever the state was.</description></item>
/// <item><term>probe lost</term><description>its lease ends by itself, so nothing is wedged.</description></item>
/// </list>
/// <para>Safe for concurrent use. The lock owns all fields; <see cref="IsClosed"/> reads one of them without it.</para>
/// </remarks>
public sealed class CircuitBreaker(BreakerOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private volatile bool _closed = true;
    private int _failuresInARow;
    private int _failures;
    private int _calls;
    private long _windowStart = time.GetTimestamp();
    private long _rowStart;
    private long _openedAt;
    private long _leasedAt;
    private int _lease;
    private bool _leased;

    /// <summary>True while requests may ask the store.</summary>
    public bool IsClosed => _closed;

    /// <summary>The state now.</summary>
    public BreakerState State
    {
        get
        {
            lock (_lock)
                return _closed ? BreakerState.Closed : ProbeIsDueLocked() || _leased ? BreakerState.HalfOpen : BreakerState.Open;
        }
    }

    /// <summary>A request's call succeeded.</summary>
    public void Succeeded()
    {
        if (!_closed)
            return;
        // Without the lock on purpose: two that meet here count as one, which makes the breaker a little keener, and a
        // success that erases a failure of the same moment is as true as the other order.
        _failuresInARow = 0;
        _calls++;
    }

    /// <summary>A request's call failed. True when this opened the breaker.</summary>
    /// <param name="lives">
    /// Whether the store has answered others in the meantime: then only a whole window of failures says anything.
    /// </param>
    public bool Failed(bool lives = false)
    {
        lock (_lock)
        {
            if (!_closed)
                return false;
            long now = time.GetTimestamp();
            if (lives)
                _failuresInARow = 0;
            bool silent = !lives && IsSilentLocked(now);
            if (!IsFailingLocked(now) && !silent)
                return false;
            OpenLocked();
            return true;
        }
    }

    /// <summary>Opens the breaker whatever it has counted. True when it was closed.</summary>
    public bool Trip()
    {
        lock (_lock)
        {
            if (!_closed)
                return false;
            OpenLocked();
            return true;
        }
    }

    /// <summary>
    /// Gives out the one probe that is due. False when none is due, or one is under way and not yet lost.
    /// </summary>
    /// <param name="lease">What to report the probe's end with.</param>
    public bool TryLeaseProbe(out int lease)
    {
        lock (_lock)
        {
            lease = 0;
            if (_closed || !ProbeIsDueLocked())
                return false;
            _leased = true;
            _leasedAt = time.GetTimestamp();
            lease = ++_lease;
            return true;
        }
    }

    /// <summary>The probe was answered. True when this closed the breaker.</summary>
    public bool ProbeSucceeded(int lease)
    {
        lock (_lock)
        {
            if (!HoldsLocked(lease))
                return false;
            CloseLocked();
            return true;
        }
    }

    /// <summary>The probe was not answered: another break.</summary>
    public void ProbeFailed(int lease)
    {
        lock (_lock)
        {
            if (HoldsLocked(lease))
                OpenLocked();
        }
    }

    private bool HoldsLocked(int lease) => !_closed && _leased && lease == _lease;

    private bool ProbeIsDueLocked() => _leased
        ? time.GetElapsedTime(_leasedAt) >= options.ProbeLease
        : time.GetElapsedTime(_openedAt) >= options.Break;

    private void CloseLocked()
    {
        _leased = false;
        _failuresInARow = 0;
        BeginWindowLocked(time.GetTimestamp());
        _closed = true;
    }

    private void OpenLocked()
    {
        _closed = false;
        _leased = false;
        _openedAt = time.GetTimestamp();
    }

    /// <summary>Counts a failure: has nothing but failures come for a while?</summary>
    private bool IsSilentLocked(long now)
    {
        if (_failuresInARow++ == 0)
            _rowStart = now;
        return _failuresInARow >= options.FailuresInARow && time.GetElapsedTime(_rowStart, now) >= options.Silence;
    }

    /// <summary>
    /// Counts a failure: did too many of a whole window's calls fail? Part of a window says nothing: it may be one
    /// pause, in which many calls of the same moment fell due.
    /// </summary>
    private bool IsFailingLocked(long now)
    {
        _failures++;
        _calls++;
        if (time.GetElapsedTime(_windowStart, now) < options.Window)
            return false;
        bool failing = _calls >= options.LeastCalls && _failures >= options.FailureRatio * _calls;
        BeginWindowLocked(now);
        return failing;
    }

    private void BeginWindowLocked(long now)
    {
        _windowStart = now;
        _failures = _calls = 0;
    }
}
