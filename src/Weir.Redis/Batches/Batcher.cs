using System.Runtime.InteropServices;

namespace Weir.Redis;

/// <summary>Sends decisions to Redis in batches. A batch leaves once all replies to the last batch have come, with the
/// decisions that arrived meanwhile: a lone decision leaves at once, and many share the cost of a batch.</summary>
/// <remarks>
/// Tenants take turns (<see cref="FairQueue"/>); the decisions of a tenant are sent in the order of their arrival.
/// A decision that is given up before it is sent is never sent or spent. A sent decision may be spent in Redis until
/// its late reply is undone. The lock on <c>_gate</c> guards the queues, counts and timer; no I/O happens under it.
/// </remarks>
internal sealed class Batcher : IDisposable
{
    /// <summary>Maximum number of unanswered decisions. With more, their deadlines could not be kept.</summary>
    public const int MaxPending = 16_384;

    /// <summary>Maximum decisions per batch: enough to share its fixed cost, few enough not to block Redis.</summary>
    public const int MaxBatch = 256;

    /// <summary>Maximum wait beyond the deadline for a decision that this instance, not Redis, delays.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);

    /// <summary>Time beyond the deadline for which Redis counts as alive after its last reply.</summary>
    private static readonly TimeSpan LifeSign = TimeSpan.FromMilliseconds(50);

    private readonly object _gate = new();
    private readonly FairQueue _waiting = new(MaxPending);
    private readonly DueQueue _due;
    private readonly Queue<Batch> _adopted = new();
    private readonly BatchSender _calls;
    private readonly IScriptWire _wire;
    private readonly IBatchPump _pump;
    private readonly TimeProvider _time;
    private readonly TimeSpan _deadline;
    private readonly BatchListener _listener;
    private readonly ReplyWait _wait = new();
    private long _wokenAt;
    private long _repliedAt;
    private int _unanswered;
    private bool _stopped;

    public Batcher(IScriptWire wire, TimeSpan deadline, TimeProvider time, IBatchPump pump, BatchListener? listener = null)
    {
        _listener = listener ?? BatchListener.None;
        _calls = new BatchSender(wire, _listener);
        _wire = wire;
        _pump = pump;
        _deadline = deadline;
        _time = time;
        _due = new DueQueue(deadline, Grace, time, GiveUpLate);
        pump.Begin(this);
    }

    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    public bool SendsParts => _calls.SendsParts;

    public string? LastError => _calls.LastError;

    /// <summary>Queues a decision. If it cannot, returns false with a fault, and recycles the decision.</summary>
    public bool TryAsk(PendingCommand take, out StoreFault fault)
    {
        long now = _time.GetTimestamp();
        fault = StoreFault.None;
        lock (_gate)
        {
            if (_stopped || !_waiting.TryEnqueue(take, Volatile.Read(ref _unanswered)))
            {
                take.Discard();
                fault = _stopped ? StoreFault.Unreachable : StoreFault.Crowded;
                return false;
            }

            Interlocked.Increment(ref _unanswered);
            (take.Batcher, take.Sender) = (this, this);
            take.WaitedBefore = _wait.At(now);
            _due.Add(take, now);
            WakeLocked(now);
        }

        _pump.Pump();
        return true;
    }

    /// <summary>Takes over a redirected batch, and sends it before all waiting decisions.</summary>
    public void Adopt(Batch call, bool asking)
    {
        call.Asking = asking;
        foreach (var take in call.Takes)
            take.Sender = this;
        bool isStopped;
        lock (_gate)
        {
            isStopped = _stopped;
            if (!isStopped)
            {
                _adopted.Enqueue(call);
                WakeLocked(_time.GetTimestamp());
            }
        }

        if (isStopped)
            GiveUp(call);
        _pump.Pump();
    }

    public void Dispose()
    {
        Batch[] adopted;
        lock (_gate)
        {
            _stopped = true;
            adopted = [.. _adopted];
            _adopted.Clear();
            _pump.WakeLocked(_gate, all: true);
        }

        GiveUpLate();
        foreach (var call in adopted)
            GiveUp(call);
        lock (_gate)
            _waiting.Clear();
        _due.Dispose();
    }

    /// <summary>Waits for decisions to send. Returns false once disposed. <paramref name="back"/> is true if all
    /// replies to the last batch have come.</summary>
    public bool WaitForWork(bool back)
    {
        lock (_gate)
        {
            if (back)
                _wait.End(_time.GetTimestamp());
            while (_waiting.Count == 0 && _adopted.Count == 0 && !_stopped)
                Monitor.Wait(_gate);
            return !_stopped;
        }
    }

    public Batch? Next()
    {
        lock (_gate)
            return _stopped ? null : NextLocked();
    }

    public void Send(Batch batch, Queue<Batch> sent) => _calls.Send(batch, sent);

    public void Receive(Batch call, Queue<Batch> again)
    {
        if (!_calls.Receive(call, again))
            return;
        if (call.IsAnswered)
        {
            Volatile.Write(ref _repliedAt, _time.GetTimestamp());
            _wire.Answered();
        }

        Resume(call.Takes);
        call.Return();
    }

    /// <summary>Records that all replies to a batch have come.</summary>
    public void Back()
    {
        lock (_gate)
            _wait.End(_time.GetTimestamp());
    }

    /// <summary>Returns the next batch: a redirected one, or waiting decisions that are not given up. Null while
    /// replies are pending or if no decision waits.</summary>
    private Batch? NextLocked()
    {
        _due.ForgetAnswered();
        if (_wait.IsOwed)
            return null;
        if (_adopted.TryDequeue(out var adopted))
        {
            BeginLocked();
            return adopted;
        }

        var batch = Batch.Rent();
        batch.Count = _waiting.Dequeue(batch.Room);
        if (batch.Count == 0)
        {
            _wokenAt = 0;
            batch.Return();
            return null;
        }

        BeginLocked();
        return batch;
    }

    private void WakeLocked(long now)
    {
        if (_wait.IsOwed)
            return;
        if (_wokenAt == 0)
            _wokenAt = now;
        _pump.WakeLocked(_gate, all: false);
    }

    private void BeginLocked()
    {
        long now = _time.GetTimestamp();
        if (_wokenAt != 0)
            _listener.Lag?.Record(_wokenAt, now);
        _wokenAt = 0;
        _wait.Begin(now);
    }

    private void GiveUp(Batch call)
    {
        call.MayHaveRun = false;
        call.Answer(BucketResult.Failed(StoreFault.Unreachable));
        Resume(call.Takes);
        call.Return();
    }

    private void Resume(ReadOnlySpan<PendingCommand> answered)
    {
        int own = 0;
        foreach (var take in answered)
        {
            if (take.Batcher == this)
                own++;
            else
                Interlocked.Decrement(ref take.Batcher!._unanswered);
        }

        Interlocked.Add(ref _unanswered, -own);
        _pump.Resume(answered);
    }

    /// <summary>Gives up overdue decisions, or all once stopped: late by Redis, or starved by this instance.</summary>
    private void GiveUpLate()
    {
        var late = new List<PendingCommand>();
        var starved = new List<PendingCommand>();
        lock (_gate)
            _due.TakeDue(_time.GetTimestamp(), _wait, _wire.HasArrived, _stopped, late, starved);
        Resume(GiveUp(late, take => take.Sender!.LateFault()));
        Resume(GiveUp(starved, _ => StoreFault.Starved));
    }

    private StoreFault LateFault()
    {
        var fault = Lives() ? StoreFault.Slow : _wire.IsConnected ? StoreFault.Late : StoreFault.Unreachable;
        return _stopped ? fault : _wire.Failed(fault, decisions: 1);
    }

    private Span<PendingCommand> GiveUp(List<PendingCommand> takes, Func<PendingCommand, StoreFault> faultOf)
    {
        var all = CollectionsMarshal.AsSpan(takes);
        int answered = 0;
        foreach (var take in all)
        {
            if (!take.IsAnswered && take.TryAnswer(BucketResult.Failed(faultOf(take))))
            {
                _listener.GaveUp?.Invoke(take);
                all[answered++] = take;
            }
            else
                take.LetGo();
        }

        return all[..answered];
    }

    /// <summary>Returns true if Redis has answered any decision recently, even too late.</summary>
    private bool Lives() => Volatile.Read(ref _repliedAt) is > 0 and var at && _time.GetElapsedTime(at) <= _deadline + LifeSign;
}
