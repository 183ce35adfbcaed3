namespace Weir;

/// <summary>
/// Asks one shard of a store and, while that cannot answer, decides from memory: there is always an answer (law L6).
/// </summary>
/// <remarks>
/// <para>
/// Breaker closed: the primary is asked, and memory decides only if it cannot. Breaker open: the primary is not
/// asked at all. No request ever waits for a probe (<see cref="OutageWatch"/>).
/// </para>
/// <para>A take is never retried: what the primary did not answer in time may be spent there, and is spent here once.</para>
/// <para>
/// Of several instances each decides by itself on its share only, and settles what it spent before the primary decides
/// again (law L7): see <see cref="Share"/>, <see cref="FallbackStore"/> and <see cref="Recovery"/>.
/// </para>
/// </remarks>
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

    /// <summary>
    /// The interval at which spending is settled that the primary was not told of, though it is there.
    /// </summary>
    private static readonly TimeSpan SettlePause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Makes the store; <see cref="ProbeAsync"/> may be called to learn how the primary is before the first request.
    /// </summary>
    /// <param name="primary">The store that all instances share.</param>
    /// <param name="memory">The fallback, which must have no other user.</param>
    /// <param name="options">When the primary is no longer asked.</param>
    /// <param name="time">The clock.</param>
    /// <param name="peers">The other instances; null when there is none.</param>
    /// <param name="knownBuckets">
    /// Maximum number of the primary's buckets whose state is known for an outage; for a Redis store, its option of
    /// that name counts instead.
    /// </param>
    public FailoverStore(
        IBucketStore primary, MemoryStore memory, BreakerOptions options, TimeProvider time, IPeers? peers = null, int knownBuckets = KnownBuckets.Default)
        : this(primary, memory, options, time, new ShardMembers(0, peers ?? new NoPeers(), Instances: null), knownBuckets)
    {
    }

    /// <summary>Makes the store of one shard.</summary>
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

    /// <summary>An outage began: the primary is no longer asked.</summary>
    public event Action<Outage>? OutageBegan
    {
        add => _outages.Began += value;
        remove => _outages.Began -= value;
    }

    /// <summary>The outage is over: the primary decides again.</summary>
    public event Action<Outage>? OutageEnded
    {
        add => _outages.Ended += value;
        remove => _outages.Ended -= value;
    }

    /// <summary>A call to the primary failed; raised for each, so whatever listens must be cheap.</summary>
    public event Action<StoreFault>? Faulted;

    /// <inheritdoc/>
    public DecisionSource Source => _outages.IsClosed ? _primary.Source : _fallback.Source;

    /// <summary>Whether the primary is asked.</summary>
    public BreakerState State => _outages.State;

    /// <summary>The outage that is under way, or null.</summary>
    public Outage? Outage => _outages.Outage;

    /// <summary>The fallback: reservations made there are settled there.</summary>
    public IBucketStore Alone => _fallback;

    /// <summary>Instances to reckon with, this one included, as was last known.</summary>
    public int Instances => _peers.Count;

    /// <summary>
    /// Buckets of which this instance spent something by itself that is not known to be in the primary.
    /// </summary>
    public int Owing => _fallback.Owing;

    /// <summary>
    /// Takes by itself that the primary will not be told of, since there was no room to write them down or their bucket
    /// is damaged.
    /// </summary>
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

        // A reset forgets unsettled spending, too, so it need not wait for that.
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

    /// <summary>Asks the primary, outside of any request, and begins an outage if it cannot answer.</summary>
    /// <param name="tries">
    /// How often it is asked at most; once by default. The first call of a process takes longer than any other: the
    /// code is new, and the script is loaded.
    /// </param>
    /// <param name="cancellation">Gives up asking.</param>
    public Task ProbeAsync(int tries = 1, CancellationToken cancellation = default) => _outages.ProbeAsync(tries, cancellation);

    /// <summary>
    /// Stops probing, and settles if the primary is there. The given stores are not disposed.
    /// </summary>
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

    /// <summary>
    /// Decides alone, since the primary cannot be told everything now, but looks at it, so that an outage is noticed.
    /// </summary>
    private async ValueTask<BucketResult> LookAsync(BucketCommand command)
    {
        var look = await _primary.CheckAsync(command.Limits).ConfigureAwait(false);
        return look.Fault == StoreFault.None ? DecideInstead(command, StoreFault.Crowded) : Finish(command, look);
    }

    /// <summary>
    /// Gives back here, once the settlement of the same bucket has ended. The primary gives back no more than it holds,
    /// and may be asked before it knows what this instance spent. The next settlement gives the cost back there.
    /// </summary>
    private async ValueTask<BucketResult> GiveBackAsync(BucketCommand command, Task<StoreFault>? settling)
    {
        if (settling is not null && await settling.ConfigureAwait(false) is not StoreFault.None and var fault)
            Fail(fault);
        return DecideLocally(command);
    }

    /// <summary>
    /// A primary that was asked before unsettled spending reached it has answered too well: its answer does not count,
    /// and its take is undone. A commit, or a refund under an idempotency key, stays made.
    /// </summary>
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

    /// <summary>Learns from the primary's result, or decides what the primary could not.</summary>
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
        // The next answer may come from another Redis, or from one that lost its memory.
        if (fault is StoreFault.Unreachable or StoreFault.Refusing)
        {
            _peers.Doubt();
            _settling.Wake();
        }

        _outages.Failed(fault);
    }

    /// <summary>
    /// Decides alone what the primary could not. While the primary is asked, a cost that does not fit the outage share
    /// is left undecided: the share could never allow it, and the primary may decide it in a moment.
    /// </summary>
    private BucketResult DecideInstead(in BucketCommand command, StoreFault fault)
    {
        // What may have been given back already must not be given back twice: that would be handed out again.
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

    /// <summary>Undoes a command where it was executed.</summary>
    Task IBucketStore.Undo(in BucketCommand command, in BucketResult result)
    {
        if (!result.Degraded)
            return _primary.Undo(command, result);
        _fallback.Undo(command, result);
        return Task.CompletedTask;
    }

    /// <summary>True if this instance has the idempotency record, since it decided the request by itself.</summary>
    private bool IsKeptHere(in BucketCommand command) =>
        command.RecordKey is { } record && _fallback.Recall(command.Limits.Facts.Tenant, record.Id) is not null;

    private BucketResult DecideAlone(in BucketCommand command, StoreFault fault)
    {
        // Reservations in the primary can be settled only there.
        if (!MayDecideAlone(command.Limits.Plan.OnOutage, fault) || command.RecordKey is { Settles: true })
            return BucketResult.Failed(fault) with { Degraded = true };
        return DecideLocally(command);
    }

    private BucketResult DecideLocally(in BucketCommand command) => _fallback.Execute(command) with { Degraded = true };

    /// <summary>
    /// True if memory may decide. A crowd and a starved instance are no outage, so that neither lifts a limit.
    /// </summary>
    private static bool MayDecideAlone(OnOutage onOutage, StoreFault fault) =>
        onOutage == OnOutage.Local || (onOutage == OnOutage.Allow && fault is (StoreFault.Crowded or StoreFault.Starved));

    /// <summary>
    /// Begins to settle, so that the spending of one request is not owed until its bucket is asked again. True while
    /// there is more to do.
    /// </summary>
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
            // The store is being disposed, or another wait was canceled: the next round comes.
        }
        finally
        {
            Volatile.Write(ref _isSettling, 0);
        }
    }
}
