namespace Weir;

// Notices outages of the primary, and probes the primary until it is back. A probe is a take by the usual script, so
// that a Redis that cannot write counts as down. Safe for concurrent use.
internal sealed class OutageWatch(
    IBucketStore primary, LimitSet probe, IPeers peers, Recovery recovery, BreakerOptions options, TimeProvider time, CancellationToken stopped)
{
    private readonly CircuitBreaker _breaker = new(options, time);
    private Task _probing = Task.CompletedTask;

    private int _begun;
    private int _isLooking;
    private Outage? _outage;

    public event Action<Outage>? Began;

    public event Action<Outage>? Ended;

    public bool IsClosed => _breaker.IsClosed;

    public BreakerState State => _breaker.State;

    public Outage? Outage => Volatile.Read(ref _outage);

    public int Begun => Volatile.Read(ref _begun);

    public void Succeeded() => _breaker.Succeeded();

    public void Failed(StoreFault fault)
    {
        // These faults do not concern the primary: a damaged bucket, a crowded tenant, a starved instance.
        bool counts = fault is not (StoreFault.Damaged or StoreFault.Crowded or StoreFault.Starved);
        if (counts && _breaker.Failed(lives: fault == StoreFault.Slow))
            Begin(fault);
    }

    // Begins an outage in which the primary lost its memory: known spending must be restored before it decides again.
    public void BeginUnnoticed() => Trip(StoreFault.Unreachable);

    /// <summary>Probes up to FailuresInARow times, so that failures open the breaker without requests.</summary>
    public void Look()
    {
        if (IsClosed && Interlocked.Exchange(ref _isLooking, 1) == 0)
            _ = LookAsync();
    }

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
        // Starts to probe before the handlers run: a handler that throws must not prevent it.
        Volatile.Write(ref _probing, ProbeUntilClosedAsync());
        // Ends the previous outage: the primary was back, and failed again before the probe reported the end.
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
            // Ends only the outage that this probe ended. A later outage has already reported the end of this one.
            if (outage is not null && Interlocked.CompareExchange(ref _outage, null, outage) == outage)
                End(outage);
        }
        finally
        {
            // Completes the recovery even if a handler throws: tokens must not be held back forever.
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
            // A store must not throw. If it does, the next probe must still run.
            return false;
        }
    }

    private void End(Outage outage) => Ended?.Invoke(outage with { EndedAt = time.GetUtcNow() });
}
