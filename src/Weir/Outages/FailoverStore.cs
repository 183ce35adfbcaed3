using System.Runtime.CompilerServices;

namespace Weir;

/// <summary>
/// Asks one store and, while that cannot answer, decides from memory: there is always an answer (law L6).
/// </summary>
/// <remarks>
/// <para>
/// Breaker closed: the primary is asked, and memory answers only what it could not. Breaker open: the primary is not
/// asked at all. No request ever waits for a probe; a loop of this store's own sends them, on a bucket of its own, through
/// the same script as any take, so that a Redis that answers but cannot write is not mistaken for a sound one.
/// </para>
/// <para>A take is never retried: what the primary did not answer in time may be spent there, and is spent here once.</para>
/// </remarks>
public sealed class FailoverStore : IBucketStore, IAsyncDisposable
{
    private readonly IBucketStore _primary;
    private readonly IBucketStore _memory;
    private readonly CircuitBreaker _breaker;
    private readonly BreakerOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private Task _probing = Task.CompletedTask;
    private Outage? _outage;

    /// <summary>Makes the store; <see cref="ProbeAsync"/> may be called to learn how the primary is before the first request.</summary>
    public FailoverStore(IBucketStore primary, IBucketStore memory, BreakerOptions options, TimeProvider time)
    {
        _primary = primary;
        _memory = memory;
        _options = options;
        _time = time;
        _breaker = new CircuitBreaker(options, time);
    }

    /// <summary>An outage began: the primary is no longer asked.</summary>
    public event Action<Outage>? OutageBegan;

    /// <summary>The outage is over: the primary decides again.</summary>
    public event Action<Outage>? OutageEnded;

    /// <summary>A call to the primary failed; raised for each, so whatever listens must be cheap.</summary>
    public event Action<StoreFault>? Faulted;

    /// <inheritdoc/>
    public DecisionSource Source => _breaker.IsClosed ? _primary.Source : _memory.Source;

    /// <summary>Whether the primary is asked.</summary>
    public BreakerState State => _breaker.State;

    /// <summary>The outage that is under way, or null.</summary>
    public Outage? Outage => Volatile.Read(ref _outage);

    /// <inheritdoc/>
    public ValueTask<BucketAnswer> AskAsync(StoreAsk ask, CancellationToken cancellation = default) =>
        _breaker.IsClosed ? AskPrimaryAsync(ask, cancellation) : AnswerAlone(ask, StoreFault.Unreachable, cancellation);

    /// <inheritdoc/>
    public ValueTask<(KeptAnswer? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        _breaker.IsClosed ? _primary.RecallAsync(tenant, id, cancellation) : new((null, StoreFault.Unreachable));

    /// <summary>Asks the primary, outside of any request, and begins an outage if it cannot answer.</summary>
    /// <param name="tries">How often it is asked at most; once by default. The first call of a process takes longer than any other: the code is new, and the script is loaded.</param>
    /// <param name="cancellation">Gives up asking.</param>
    public async Task ProbeAsync(int tries = 1, CancellationToken cancellation = default)
    {
        var answer = await _primary.TakeAsync(Probe.Limits, cancellation).ConfigureAwait(false);
        for (int left = tries - 1; left > 0 && answer.Fault != StoreFault.None; left--)
            answer = await _primary.TakeAsync(Probe.Limits, cancellation).ConfigureAwait(false);
        if (answer.Fault != StoreFault.None && _breaker.Trip())
            Begin(answer.Fault);
    }

    /// <summary>Stops probing. The stores given are not disposed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Volatile.Read(ref _probing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<BucketAnswer> AskPrimaryAsync(StoreAsk ask, CancellationToken cancellation)
    {
        // A cancellation leaves this method as an exception and tells the breaker nothing: it is the caller's, not the store's.
        var answer = await _primary.AskAsync(ask, cancellation).ConfigureAwait(false);
        if (answer.Fault is StoreFault.None or StoreFault.Conflict or StoreFault.Gone)
        {
            if (!answer.IsLocal)
                _breaker.Succeeded();
            return answer;
        }

        Faulted?.Invoke(answer.Fault);
        // One damaged bucket says nothing of the others, nor does one tenant's crowd.
        if (answer.Fault is not (StoreFault.Damaged or StoreFault.Crowded) && _breaker.Failed(lives: answer.Fault == StoreFault.Slow))
            Begin(answer.Fault);
        return await AnswerAlone(ask, answer.Fault, cancellation).ConfigureAwait(false);
    }

    private ValueTask<BucketAnswer> AnswerAlone(in StoreAsk ask, StoreFault fault, CancellationToken cancellation)
    {
        // What is in the primary can be settled only there.
        if (!MayDecideAlone(ask.Limits.Plan.OnOutage, fault) || ask.Memo is { Settles: true })
            return new(BucketAnswer.Failed(fault) with { Degraded = true });
        var asked = _memory.AskAsync(ask, cancellation);
        return asked.IsCompletedSuccessfully ? new(asked.Result with { Degraded = true }) : MarkAsync(asked);
    }

    /// <summary>A crowd is no outage: whoever makes one is not let in unlimited, though that is what his plan wants in an outage.</summary>
    private static bool MayDecideAlone(OnOutage onOutage, StoreFault fault) =>
        onOutage == OnOutage.Local || (onOutage == OnOutage.Allow && fault == StoreFault.Crowded);

    private static async ValueTask<BucketAnswer> MarkAsync(ValueTask<BucketAnswer> asked) =>
        await asked.ConfigureAwait(false) with { Degraded = true };

    private void Begin(StoreFault fault)
    {
        var outage = new Outage(fault, _time.GetUtcNow(), null);
        var before = Interlocked.Exchange(ref _outage, outage);
        // Probing begins before anybody is told: a listener that throws must not keep the primary out for ever.
        Volatile.Write(ref _probing, ProbeUntilClosedAsync());
        // The primary was back and failed again before its probe had told of the end.
        if (before is not null)
            End(before);
        OutageBegan?.Invoke(outage);
    }

    private async Task ProbeUntilClosedAsync()
    {
        bool closed = false;
        while (!closed)
        {
            await Task.Delay(_options.Break, _time, _stopping.Token).ConfigureAwait(false);
            closed = _breaker.TryLeaseProbe(out int lease) && await SendProbeAsync(lease).ConfigureAwait(false);
        }
    }

    private async Task<bool> SendProbeAsync(int lease)
    {
        var outage = Outage;
        if (!await PrimaryAnswersAsync().ConfigureAwait(false))
        {
            _breaker.ProbeFailed(lease);
            return false;
        }

        if (!_breaker.ProbeSucceeded(lease))
            return false;
        // Only the outage that this probe ended: another may have begun since, and then has told of this one's end.
        if (outage is not null && Interlocked.CompareExchange(ref _outage, null, outage) == outage)
            End(outage);
        return true;
    }

    private async Task<bool> PrimaryAnswersAsync()
    {
        try
        {
            return (await _primary.TakeAsync(Probe.Limits, _stopping.Token).ConfigureAwait(false)).Fault == StoreFault.None;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // A store is not to throw; if one does, the next probe must come all the same.
            return false;
        }
    }

    private void End(Outage outage) => OutageEnded?.Invoke(outage with { EndedAt = _time.GetUtcNow() });
}
