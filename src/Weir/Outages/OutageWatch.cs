namespace Weir;

/// <summary>
/// Notices that the primary does not answer, and probes until it does. Probes are takes of a bucket of their own,
/// through the same script as any take, so that a Redis that answers but cannot write is not mistaken for a sound one.
/// Safe for concurrent use.
/// </summary>
/// <param name="primary">The store that is watched.</param>
/// <param name="probe">The take that asks its shard.</param>
/// <param name="peers">The other instances.</param>
/// <param name="recovery">Brings this instance back to the primary.</param>
/// <param name="options">When an outage begins, and how often the primary is probed.</param>
/// <param name="time">The clock.</param>
/// <param name="stopped">Ends probing.</param>
internal sealed class OutageWatch(
    IBucketStore primary, LimitSet probe, IPeers peers, Recovery recovery, BreakerOptions options, TimeProvider time, CancellationToken stopped)
{
    private readonly CircuitBreaker _breaker = new(options, time);
    private Task _probing = Task.CompletedTask;

    /// <summary>Outages that began.</summary>
    private int _begun;
    private int _isLooking;
    private Outage? _outage;

    /// <summary>An outage began: the primary is no longer asked.</summary>
    public event Action<Outage>? Began;

    /// <summary>The outage is over: the primary decides again.</summary>
    public event Action<Outage>? Ended;

    /// <summary>True while the primary is asked.</summary>
    public bool IsClosed => _breaker.IsClosed;

    /// <summary>Whether the primary is asked.</summary>
    public BreakerState State => _breaker.State;

    /// <summary>The outage that is under way, or null.</summary>
    public Outage? Outage => Volatile.Read(ref _outage);

    /// <summary>The primary has answered a request.</summary>
    public void Succeeded() => _breaker.Succeeded();

    /// <summary>The primary has left a request unanswered.</summary>
    public void Failed(StoreFault fault)
    {
        // A damaged bucket, one tenant's crowd and a starved instance say nothing about the primary.
        bool counts = fault is not (StoreFault.Damaged or StoreFault.Crowded or StoreFault.Starved);
        if (counts && _breaker.Failed(lives: fault == StoreFault.Slow))
            Begin(fault);
    }

    /// <summary>
    /// Begins an outage that no request noticed, in which the primary lost its memory: known spending must be restored
    /// before it decides again.
    /// </summary>
    public void BeginUnnoticed() => Trip(StoreFault.Unreachable);

    /// <summary>
    /// Asks the primary as often as failures begin an outage, so that one is noticed without requests.
    /// </summary>
    public void Look()
    {
        if (IsClosed && Interlocked.Exchange(ref _isLooking, 1) == 0)
            _ = LookAsync();
    }

    /// <summary>Asks the primary, and begins an outage if it cannot answer.</summary>
    /// <param name="tries">How often it is asked at most.</param>
    /// <param name="cancellation">Gives up asking.</param>
    public async Task ProbeAsync(int tries, CancellationToken cancellation)
    {
        var fault = StoreFault.None;
        for (int left = tries; left > 0; left--)
        {
            fault = (await primary.TakeAsync(probe, cancellation).ConfigureAwait(false)).Fault;
            if (fault == StoreFault.None)
                return;
        }

        Trip(fault);
    }

    /// <summary>Returns when the last probe has ended, after the watch was stopped.</summary>
    public async Task WaitUntilStoppedAsync() => await Volatile.Read(ref _probing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task LookAsync()
    {
        try
        {
            for (int left = options.FailuresInARow; left > 0 && IsClosed; left--)
            {
                var fault = (await primary.TakeAsync(probe, stopped).ConfigureAwait(false)).Fault;
                if (fault == StoreFault.None)
                {
                    Succeeded();
                    return;
                }

                Failed(fault);
            }
        }
        catch (Exception) when (stopped.IsCancellationRequested)
        {
            // The watch was stopped.
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private void Trip(StoreFault fault)
    {
        if (_breaker.Trip())
            Begin(fault);
    }

    private void Begin(StoreFault fault)
    {
        var outage = new Outage(fault, time.GetUtcNow(), null);
        Interlocked.Increment(ref _begun);
        var before = Interlocked.Exchange(ref _outage, outage);
        peers.Part();
        // Probing begins before listeners are called: one that throws must not keep the primary out for ever.
        Volatile.Write(ref _probing, ProbeUntilClosedAsync());
        // The primary was back and failed again before its probe had told of the end.
        if (before is not null)
            End(before);
        Began?.Invoke(outage);
    }

    private async Task ProbeUntilClosedAsync()
    {
        bool closed = false;
        while (!closed)
        {
            await Task.Delay(options.Break, time, stopped).ConfigureAwait(false);
            closed = _breaker.TryLeaseProbe(out int lease) && await SendProbeAsync(lease).ConfigureAwait(false);
        }
    }

    private async Task<bool> SendProbeAsync(int lease)
    {
        var outage = Outage;
        int begun = Volatile.Read(ref _begun);
        if (!await PrimaryIsBackAsync().ConfigureAwait(false))
        {
            _breaker.ProbeFailed(lease);
            return false;
        }

        if (!_breaker.ProbeSucceeded(lease))
            return false;
        try
        {
            // Only the outage that this probe ended: another may have begun since, and then has told of this one's end.
            if (outage is not null && Interlocked.CompareExchange(ref _outage, null, outage) == outage)
                End(outage);
        }
        finally
        {
            // Even if a listener throws: tokens must not be held back for ever.
            await recovery.CompleteAsync(() => _breaker.IsClosed && Volatile.Read(ref _begun) == begun, stopped).ConfigureAwait(false);
        }

        return true;
    }

    private async Task<bool> PrimaryIsBackAsync()
    {
        try
        {
            return (await primary.TakeAsync(probe, stopped).ConfigureAwait(false)).Fault == StoreFault.None
                && await recovery.BeginAsync(stopped).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stopped.IsCancellationRequested)
        {
            // A store is not to throw; if one does, the next probe must come all the same.
            return false;
        }
    }

    private void End(Outage outage) => Ended?.Invoke(outage with { EndedAt = time.GetUtcNow() });
}
