namespace Weir;

/// <summary>State of a circuit breaker.</summary>
public enum BreakerState
{
    /// <summary>Every request asks the store.</summary>
    Closed,

    /// <summary>No request asks the store; the next probe is not due yet.</summary>
    Open,

    /// <summary>No request asks the store; a probe is due or under way.</summary>
    HalfOpen,
}

/// <summary>A circuit breaker (Nygard, "Release It!"): a pure state machine of results and time, without I/O.</summary>
/// <remarks>Safe for concurrent use.</remarks>
// Closed: a success counts; a failure counts and may open; a failure of a live store also ends a row.
// Open or half-open: results of older calls are ignored. A due probe is handed out once; its success closes, its
// failure opens for another break, and a lost probe is ignored. A trip opens in any state. Cancellations never count.
// The lock owns all fields; only IsClosed reads without it.
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

    /// <summary>Counts a successful call.</summary>
    public void Succeeded()
    {
        if (!_closed)
            return;
        // Lock-free on purpose: a lost count makes the breaker slightly keener, and either order of a simultaneous
        // success and failure is true.
        _failuresInARow = 0;
        _calls++;
    }

    /// <summary>Counts a failed call; true if it opened the breaker. A live store needs a failing window.</summary>
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

    /// <summary>Opens the breaker; true if it was closed.</summary>
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

    /// <summary>Hands out the due probe and its id; false if none is due, or one is under way and not lost.</summary>
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

    /// <summary>Ends an answered probe; true if the probe closed the breaker.</summary>
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

    /// <summary>Ends an unanswered probe: begins another break.</summary>
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

    private bool IsSilentLocked(long now)
    {
        if (_failuresInARow++ == 0)
            _rowStart = now;
        return _failuresInARow >= options.FailuresInARow && time.GetElapsedTime(_rowStart, now) >= options.Silence;
    }

    /// <summary>Judges whole windows only: part of one may be a single pause in which many calls timed out.</summary>
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
