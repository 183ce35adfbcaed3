using System.Runtime.InteropServices;

namespace Weir.Redis;

/// <summary>
/// Sends decisions to Redis in batches, one at a time: what gathers while a batch is under way is the next one. Nothing
/// waits for a timer, so a lone decision leaves at once, and a crowd shares the cost of the call.
/// </summary>
/// <remarks>
/// <para>This says which decisions leave and when, and answers them; who sends and waits is an <see cref="IBatchPump"/>.</para>
/// <para>
/// The decisions of a tenant reach Redis in the order in which they were asked for. Tenants take
/// turns (<see cref="FairQueue"/>); no two have a bucket in common, so their order cannot be observed.
/// </para>
/// <para>
/// Every decision has the same deadline, counted from when it came, so they fall due in the order in which they came:
/// one queue and one timer watch over all of them. A decision that falls due before it was sent is never sent, and so
/// is not spent; one that was sent may be spent, until its late reply is undone.
/// </para>
/// <para>
/// A tenant that has too many waiting is told so at once (<see cref="StoreFault.Crowded"/>), and others still find
/// room.
/// </para>
/// <para>The lock on <c>_gate</c> owns both queues, the counts and the timer's state. Nothing is sent or answered under it.</para>
/// </remarks>
internal sealed class Batcher : IDisposable
{
    /// <summary>Decisions on their way, at most: beyond that, no deadline could be kept anyway.</summary>
    public const int MaxPending = 16_384;

    /// <summary>
    /// Maximum decisions per call: enough to make the call's own cost small, few enough not to delay Redis.
    /// </summary>
    public const int MaxBatch = 256;

    /// <summary>How long a decision waits beyond its deadline if this instance, and not Redis, is late.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);

    /// <summary>Redis counts as alive for this long after its last reply, beyond the deadline.</summary>
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

    /// <param name="wire">Where to.</param>
    /// <param name="deadline">How long a decision waits.</param>
    /// <param name="time">The clock of the deadline.</param>
    /// <param name="pump">Who sends.</param>
    /// <param name="listener">Hears what becomes of decisions.</param>
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

    /// <summary>Decisions that wait to be sent.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <inheritdoc cref="BatchSender.SendsParts"/>
    public bool SendsParts => _calls.SendsParts;

    /// <inheritdoc cref="BatchSender.LastError"/>
    public string? LastError => _calls.LastError;

    /// <summary>
    /// Asks for a decision. Its result arrives within the deadline, or 100 ms later if this instance is too slow.
    /// </summary>
    /// <param name="take">The decision, which is the batcher's and its caller's from now on.</param>
    /// <param name="fault">Why it is not asked for.</param>
    /// <returns>False if it is not asked for; it must not be used any more.</returns>
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

    /// <summary>Takes over a call that another node has redirected. It leaves before all that waits here.</summary>
    /// <param name="call">The call, which is this batcher's from now on.</param>
    /// <param name="asking">Whether the node is importing the slot.</param>
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

    /// <summary>Stops calling. Whatever still waits falls due.</summary>
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

    /// <summary>Waits until a decision waits to be sent. False once the batcher is disposed.</summary>
    /// <param name="back">Whether all replies to the caller's last batch have come.</param>
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

    /// <summary>Something to send; null when nothing may leave now.</summary>
    public Batch? Next()
    {
        lock (_gate)
            return _stopped ? null : NextLocked();
    }

    /// <summary>Sends a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="sent">Takes the calls whose replies are to be received.</param>
    public void Send(Batch batch, Queue<Batch> sent) => _calls.Send(batch, sent);

    /// <summary>Answers decisions by the reply to their call, which has come.</summary>
    /// <param name="call">The call, which is not the caller's any more.</param>
    /// <param name="again">Receives the batches sent in its place if the script was not run.</param>
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

    /// <summary>All replies to a batch have come.</summary>
    public void Back()
    {
        lock (_gate)
            _wait.End(_time.GetTimestamp());
    }

    /// <summary>Returns the next batch, without decisions that are overdue; null if no batch may be sent yet.</summary>
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

    /// <summary>
    /// Gives up the decisions that are due: if Redis has owed replies for the whole deadline and none has arrived, or
    /// if this instance was too slow to send or read for as long as the grace.
    /// </summary>
    private void GiveUpLate()
    {
        var late = new List<PendingCommand>();
        var starved = new List<PendingCommand>();
        lock (_gate)
            _due.TakeDue(_time.GetTimestamp(), _wait, _wire.HasArrived, _stopped, late, starved);
        Resume(GiveUp(late, take => take.Sender!.LateFault()));
        Resume(GiveUp(starved, _ => StoreFault.Starved));
    }

    /// <summary>Why a decision that this batcher was to send is late.</summary>
    private StoreFault LateFault()
    {
        var fault = Lives() ? StoreFault.Slow : _wire.IsConnected ? StoreFault.Late : StoreFault.Unreachable;
        return _stopped ? fault : _wire.Failed(fault, decisions: 1);
    }

    /// <summary>Answers decisions that are still open, returns them, and releases the others.</summary>
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

    /// <summary>Whether Redis has answered anything a moment ago, however late.</summary>
    private bool Lives() => Volatile.Read(ref _repliedAt) is > 0 and var at && _time.GetElapsedTime(at) <= _deadline + LifeSign;
}
