namespace Weir;

/// <summary>Asks one shard of the primary; memory decides in an outage. There is always an answer (law L6).</summary>
// Closed breaker: memory decides only if the primary cannot. Open: the primary is not asked, and no request waits for
// a probe (OutageWatch). A take is never retried: an unanswered one may also be spent in the primary. In an outage
// each instance decides on its outage share, and settles before the primary decides again (law L7).
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

    /// <summary>Interval of settlements while the primary answers.</summary>
    private static readonly TimeSpan SettlePause = TimeSpan.FromMilliseconds(100);

    /// <summary>Makes the store. The fallback must have no other user. Null peers: this instance alone.</summary>
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

    /// <summary>Raised if an outage begins: the primary is no longer asked.</summary>
    public event Action<Outage>? OutageBegan
    {
        add => _outages.Began += value;
        remove => _outages.Began -= value;
    }

    /// <summary>Raised if an outage ends: the primary decides again.</summary>
    public event Action<Outage>? OutageEnded
    {
        add => _outages.Ended += value;
        remove => _outages.Ended -= value;
    }

    /// <summary>Raised for each failed call to the primary, so handlers must be cheap.</summary>
    public event Action<StoreFault>? Faulted;

    /// <inheritdoc/>
    public DecisionSource Source => _outages.IsClosed ? _primary.Source : _fallback.Source;

    /// <summary>State of the breaker.</summary>
    public BreakerState State => _outages.State;

    /// <summary>The outage under way, or null.</summary>
    public Outage? Outage => _outages.Outage;

    internal int OutagesBegun => _outages.Begun;

    /// <summary>The fallback, which settles the reservations it made.</summary>
    public IBucketStore Alone => _fallback;

    /// <summary>Number of instances last known, including this one.</summary>
    public int Instances => _peers.Count;

    /// <summary>Number of buckets with unsettled spending of this instance.</summary>
    public int Owing => _fallback.Owing;

    /// <summary>Takes that will never be settled, for lack of room or because their bucket is damaged.</summary>
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

        // A reset also forgets unsettled spending, so it need not wait for a settlement.
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

    /// <summary>Asks the primary, and begins an outage if it cannot answer. A process's first call is slow.</summary>
    public Task ProbeAsync(int tries = 1, CancellationToken cancellation = default) => _outages.ProbeAsync(tries, cancellation);

    /// <summary>Stops probing, and settles if the primary answers. The given stores are not disposed.</summary>
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

    // The primary lacks unsettled spending, so memory decides; a check of the primary still notices an outage.
    private async ValueTask<BucketResult> LookAsync(BucketCommand command)
    {
        var look = await _primary.CheckAsync(command.Limits).ConfigureAwait(false);
        return look.Fault == StoreFault.None ? DecideInstead(command, StoreFault.Crowded) : Finish(command, look);
    }

    // Refunds in memory after the bucket's settlement: the primary refunds at most its own spending, and may not know
    // this instance's yet. The next settlement returns the cost there.
    private async ValueTask<BucketResult> GiveBackAsync(BucketCommand command, Task<StoreFault>? settling)
    {
        if (settling is not null && await settling.ConfigureAwait(false) is not StoreFault.None and var fault)
            Fail(fault);
        return DecideLocally(command);
    }

    // A primary asked before unsettled spending reached it decided on too little: its take is undone. A commit or a
    // refund under an idempotency key stays.
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
        // The next reply may come from another Redis, or from one that lost its memory.
        if (fault is StoreFault.Unreachable or StoreFault.Refusing)
        {
            _peers.Doubt();
            _settling.Wake();
        }

        _outages.Failed(fault);
    }

    // Leaves a cost above the outage share undecided while the primary is asked: the primary may decide it soon.
    private BucketResult DecideInstead(in BucketCommand command, StoreFault fault)
    {
        // A refund that may have been made must not be made twice: the tokens would be spent again.
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
        // Only the primary can settle its reservations.
        if (!MayDecideAlone(command.Limits.Plan.OnOutage, fault) || command.RecordKey is { Settles: true })
            return BucketResult.Failed(fault) with { Degraded = true };
        return DecideLocally(command);
    }

    private BucketResult DecideLocally(in BucketCommand command) => _fallback.Execute(command) with { Degraded = true };

    /// <summary>True if memory may decide. Crowded and Starved are no outage, so neither lifts a limit.</summary>
    private static bool MayDecideAlone(OnOutage onOutage, StoreFault fault) =>
        onOutage == OnOutage.Local || (onOutage == OnOutage.Allow && fault is (StoreFault.Crowded or StoreFault.Starved));

    /// <summary>Settles spending even if its buckets are not asked again. True while there is more to do.</summary>
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
            // The store is being disposed, or another wait was canceled: the next round settles.
        }
        finally
        {
            Volatile.Write(ref _isSettling, 0);
        }
    }
}
