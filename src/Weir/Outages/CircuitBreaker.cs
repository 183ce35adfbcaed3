namespace Weir;

/// <summary>State of a circuit breaker.</summary>
public enum BreakerState
{
    /// <summary>Every request goes to the store.</summary>
    Closed,

    /// <summary>No request goes to the store. The next probe is not due yet.</summary>
    Open,

    /// <summary>No request goes to the store. A probe is due or under way.</summary>
    HalfOpen,
}

/// <summary>A circuit breaker (Nygard, "Release It!"): a pure state machine of results and time, without I/O.</summary>
/// <remarks>Safe for concurrent use.</remarks>
/// <param name="options">When the breaker opens and when it probes.</param>
/// <param name="time">Clock of the breaker.</param>
// Open or half-open: ignores results of requests, and has one probe at a time. The success of the probe closes the
// breaker; its failure starts another break. The lock guards all fields; IsClosed and Succeeded do without it.
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

    /// <summary>True while requests go to the store.</summary>
    public bool IsClosed => _closed;

    /// <summary>Present state of the breaker.</summary>
    public BreakerState State
    {
        get
        {
            lock (_lock)
                return _closed ? BreakerState.Closed : ProbeIsDueLocked() || _leased ? BreakerState.HalfOpen : BreakerState.Open;
        }
    }

    /// <summary>Counts a request that the store answered.</summary>
    public void Succeeded()
    {
        if (!_closed)
            return;
        // Takes no lock on purpose: a lost count hardly matters, and a simultaneous success and failure have no order.
        _failuresInARow = 0;
        _calls++;
    }

    /// <summary>Counts a failed request. Returns true if it opened the breaker. <paramref name="lives"/>: the store
    /// answers other requests, so that only the fraction of failures counts.</summary>
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

    /// <summary>Opens the breaker at once. Returns true if it was closed.</summary>
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

    /// <summary>Starts the due probe and returns its id. False if none is due or another one is under way.</summary>
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

    /// <summary>Ends a successful probe. Returns true if it closed the breaker; a lost probe does not.</summary>
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

    /// <summary>Ends a failed probe and starts another break. Ignores a lost probe.</summary>
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

    /// <summary>Returns true if a whole window has too many failures. A shorter time may be a single pause.</summary>
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
