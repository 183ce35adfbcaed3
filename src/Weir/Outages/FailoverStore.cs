namespace Weir;

/// <summary>Decides by one shard of the primary, or by memory in an outage. Always answers (law L6).</summary>
// Closed breaker: memory decides only if the primary cannot, or lacks spending. Open: the primary gets only probes. No
// take is retried. In an outage, an instance decides on its outage share; it settles before the primary decides (L7).
public sealed class FailoverStore : IBucketStore, IResultStage, IAsyncDisposable
{
    private readonly IBucketStore _primary;
    private readonly FallbackStore _fallback;
    private readonly KnownBuckets _known;
    private readonly bool _learns;
    private readonly IPeers _peers;
    private readonly Recovery _recovery;
    private readonly DozingTimer _settling;
    private readonly OutageWatch _outages;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private int _isSettling;

    private static readonly Task<StoreFault> Settled = Task.FromResult(StoreFault.None);

    /// <summary>Interval between settlements while the primary answers.</summary>
    private static readonly TimeSpan SettlePause = TimeSpan.FromMilliseconds(100);

    /// <summary>Makes the store.</summary>
    /// <param name="primary">Store that decides unless there is an outage.</param>
    /// <param name="memory">Store that decides in an outage. It must have no other user.</param>
    /// <param name="options">When an outage begins, and how often the primary is probed.</param>
    /// <param name="time">Clock of the outages and settlements.</param>
    /// <param name="peers">The other instances; null if this instance is alone.</param>
    /// <param name="knownBuckets">Maximum number of known buckets, unless the primary maintains them.</param>
    public FailoverStore(
        IBucketStore primary, MemoryStore memory, BreakerOptions options, TimeProvider time, IPeers? peers = null, int knownBuckets = KnownBuckets.Default)
        : this(primary, memory, options, time, new ShardMembers(0, peers ?? new NoPeers(), Instances: null), knownBuckets)
    {
    }

    internal FailoverStore(
        IBucketStore primary, MemoryStore memory, BreakerOptions options, TimeProvider time, ShardMembers members, int knownBuckets)
    {
        _stopped = _stopping.Token;
        _primary = primary;
        _peers = members.Peers;
        var known = primary.KnownOf(members.Shard);
        _learns = known is null;
        _known = known ?? new KnownBuckets(knownBuckets, time);
        _known.IsInDoubt = () => _peers.IsInDoubt;
        _fallback = new FallbackStore(memory, _known, members.Instances ?? (() => _peers.Count));
        _known.Fallback = _fallback;
        _recovery = new Recovery(primary, _fallback, _peers, memory.Clock, time);
        _outages = new OutageWatch(primary, Probe.Of(members.Shard), _peers, _recovery, options, time, _stopped);
        _peers.Forgot += _outages.BeginUnnoticed;
        _peers.Missed += _outages.Look;
        _settling = new DozingTimer(SettlePause, SettleOwed, time);
        _fallback.Spent = _settling.Wake;
    }

    /// <summary>Raised when an outage begins: from now on, the primary gets only probes.</summary>
    public event Action<Outage>? OutageBegan
    {
        add => _outages.Began += value;
        remove => _outages.Began -= value;
    }

    /// <summary>Raised when an outage ends: the primary decides again.</summary>
    public event Action<Outage>? OutageEnded
    {
        add => _outages.Ended += value;
        remove => _outages.Ended -= value;
    }

    /// <summary>Raised for each failed request to the primary. Handlers must be cheap.</summary>
    public event Action<StoreFault>? Faulted;

    /// <inheritdoc/>
    public DecisionSource Source => _outages.IsClosed ? _primary.Source : _fallback.Source;

    /// <summary>State of the circuit breaker.</summary>
    public BreakerState State => _outages.State;

    /// <summary>The outage that is under way; null for none.</summary>
    public Outage? Outage => _outages.Outage;

    internal int OutagesBegun => _outages.Begun;

    /// <summary>The fallback alone, which settles the reservations that it made.</summary>
    public IBucketStore Alone => _fallback;

    /// <summary>Number of instances last known, including this one.</summary>
    public int Instances => _peers.Count;

    /// <summary>Number of buckets with unsettled spending of this instance.</summary>
    public int Owing => _fallback.Owing;

    /// <summary>Number of takes and charges that are never settled: no room, a rejection, or an old refund.</summary>
    public long Lost => _fallback.Lost;

    /// <inheritdoc/>
    public PendingResult? Execute(in BucketCommand command, out BucketResult result)
    {
        bool isLocal = IsKeptHere(command);
        if (isLocal || !_outages.IsClosed)
        {
            result = isLocal ? DecideLocally(command) : DecideAlone(command, StoreFault.Unreachable);
            return null;
        }

        // A reset also clears unsettled spending, so it need not wait for a settlement.
        bool isSettled = _fallback.Owing == 0 || command.What == BucketOperation.Reset;
        var settling = isSettled ? Settled : _recovery.SettleFirst(command.Limits, _stopped);
        if (settling is not { IsCompletedSuccessfully: true, Result: StoreFault.None } && command.IsPlainRefund)
            return PendingResult.Of(command, GiveBackAsync(command, settling), out result);
        if (settling is null)
            return PendingResult.Of(command, LookAsync(command), out result);
        var pending = _primary.Execute(_recovery.IsAwaiting ? command with { HeldBack = _recovery.HeldBack } : command, out result);
        if (settling is not { IsCompletedSuccessfully: true, Result: StoreFault.None })
            return PendingResult.Of(command, AfterSettlementAsync(command, settling, pending, result), out result);
        if (pending is null)
            result = Finish(command, result);
        else
            pending.Stage = this;
        return pending;
    }

    /// <inheritdoc/>
    public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        _fallback.Recall(tenant, id) is { } kept ? new((kept, StoreFault.None))
        : _outages.IsClosed ? _primary.RecallAsync(tenant, id, cancellation)
        : new((null, StoreFault.Unreachable));

    /// <summary>Probes the primary, and begins an outage if all of <paramref name="tries"/> probes fail.</summary>
    public Task ProbeAsync(int tries = 1, CancellationToken cancellation = default) => _outages.ProbeAsync(tries, cancellation);

    /// <summary>Stops probing, and settles if the primary answers. Does not dispose the given stores.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_outages.IsClosed)
            await _recovery.SettleAllAsync(_stopped).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        _peers.Forgot -= _outages.BeginUnnoticed;
        _peers.Missed -= _outages.Look;
        await _settling.DisposeAsync().ConfigureAwait(false);
        await _outages.WaitUntilStoppedAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    // Decides in memory, because the primary lacks unsettled spending. Checks the primary first, to notice an outage.
    private async ValueTask<BucketResult> LookAsync(BucketCommand command)
    {
        var look = await _primary.CheckAsync(command.Limits).ConfigureAwait(false);
        return look.Fault == StoreFault.None ? DecideInstead(command, StoreFault.Crowded) : Finish(command, look);
    }

    // Refunds in memory, after the settlement of the bucket: the primary refunds at most its own spending, and may lack
    // this instance's. The next settlement carries the refund.
    private async ValueTask<BucketResult> GiveBackAsync(BucketCommand command, Task<StoreFault>? settling)
    {
        if (settling is not null && await settling.ConfigureAwait(false) is not StoreFault.None and var fault)
            Fail(fault);
        return DecideLocally(command);
    }

    // Returns the primary's result. If the settlement failed, the primary has decided without that spending: undoes its
    // take. A commit or a refund stays.
    private async ValueTask<BucketResult> AfterSettlementAsync(
        BucketCommand command, Task<StoreFault> settling, PendingResult? pending, BucketResult result)
    {
        if (pending is not null)
        {
            await pending.Arrival.ConfigureAwait(false);
            result = pending.Take();
        }

        if (result is { Fault: StoreFault.None, IsLocal: false } && !command.IsMadeOnce
            && await settling.ConfigureAwait(false) is not StoreFault.None and var unsettled)
        {
            _ = _primary.Undo(command, result);
            result = BucketResult.Failed(unsettled);
        }

        return Finish(command, result);
    }

    private BucketResult Finish(in BucketCommand command, in BucketResult result)
    {
        if (result.Fault is StoreFault.None or StoreFault.Conflict or StoreFault.Gone or StoreFault.AnswersFull)
        {
            if (result.IsLocal)
                return result;
            _outages.Succeeded();
            if (command.What == BucketOperation.Reset && _fallback.Owing > 0)
                _fallback.Execute(command);
            if (_learns)
                _known.Learn(command, result);
            return result;
        }

        Fail(result.Fault);
        return DecideInstead(command, result.Fault);
    }

    private void Fail(StoreFault fault)
    {
        Faulted?.Invoke(fault);
        // The next reply may come from another Redis, or from a Redis that lost its memory.
        if (fault is StoreFault.Unreachable or StoreFault.Refusing)
        {
            _peers.Doubt();
            _settling.Wake();
        }

        _outages.Failed(fault);
    }

    // Decides in memory after a fault. A cost above the outage share fails instead while the breaker is closed: the
    // primary may decide it soon.
    private BucketResult DecideInstead(in BucketCommand command, StoreFault fault)
    {
        // A refund or commit must not be made twice: the primary may have executed it.
        if (command.IsMadeOnce)
            return BucketResult.Failed(fault) with { Degraded = true };
        var alone = DecideAlone(command, fault);
        return alone.Outcome == BucketOutcome.Refused && _outages.IsClosed && !Fits(command.Limits, alone.Share)
            ? BucketResult.Failed(fault) with { Degraded = true }
            : alone;
    }

    private static bool Fits(in LimitSet limits, Share share)
    {
        foreach (var limit in limits)
        {
            long cost = limit.CostOf(limits.Facts);
            if (limit.Mode == LimitMode.Enforce && !share.Fits(limit.Quota, cost, limit.IsLeast(cost)))
                return false;
        }

        return true;
    }

    BucketResult IResultStage.Finish(in BucketCommand command, in BucketResult result) => Finish(command, result);

    Task IBucketStore.Undo(in BucketCommand command, in BucketResult result)
    {
        if (!result.Degraded)
            return _primary.Undo(command, result);
        _fallback.Undo(command, result);
        return Task.CompletedTask;
    }

    private bool IsKeptHere(in BucketCommand command) =>
        command.RecordKey is { } record && _fallback.Recall(command.Limits.Facts.Tenant, record.Id) is not null;

    private BucketResult DecideAlone(in BucketCommand command, StoreFault fault)
    {
        // Only the primary can settle the reservations that it made.
        if (!MayDecideAlone(command.Limits.Plan.OnOutage, fault) || command.RecordKey is { Settles: true })
            return BucketResult.Failed(fault) with { Degraded = true };
        return DecideLocally(command);
    }

    private BucketResult DecideLocally(in BucketCommand command) => _fallback.Execute(command) with { Degraded = true };

    /// <summary>Returns true if memory may decide. Crowded and Starved are no outage: Allow lifts no limit.</summary>
    private static bool MayDecideAlone(OnOutage onOutage, StoreFault fault) =>
        onOutage == OnOutage.Local || (onOutage == OnOutage.Allow && fault is (StoreFault.Crowded or StoreFault.Starved));

    /// <summary>Settles spending of buckets without later requests. True while any is left, or in doubt.</summary>
    private bool SettleOwed()
    {
        bool owes = _fallback.Owing > 0 || _peers.IsInDoubt;
        if (owes && _outages.IsClosed && Interlocked.Exchange(ref _isSettling, 1) == 0)
            _ = SettleOwedAsync();
        return owes;
    }

    private async Task SettleOwedAsync()
    {
        try
        {
            await _recovery.SettleAllAsync(_stopped).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The store is being disposed, or another wait was canceled. The next round settles.
        }
        finally
        {
            Volatile.Write(ref _isSettling, 0);
        }
    }
}
