using System.Diagnostics.CodeAnalysis;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>
/// Sends decisions to Redis together: whatever has gathered while a call was under way is the next call, which leaves when
/// that one is back, or as soon as it is full. There is no timer to wait for, so a lone decision leaves at once, and a crowd
/// shares the cost of the way.
/// </summary>
/// <remarks>
/// <para>
/// Calls are made by a few threads of its own that wait for them. On a machine that is overrun, the thread pool's queue alone
/// is longer than the deadline; these threads wait only for their turn on a core, so that Redis is not called late
/// when it is we who are.
/// </para>
/// <para>
/// Every decision has the same deadline, counted from when it came, so they fall due in the order in which they came: one
/// queue and one timer watch over all of them. A decision that falls due before it was sent is never sent, and so is not
/// spent; one that was sent may be spent.
/// </para>
/// <para>The lock on <c>_gate</c> owns both queues and the timer's state. Nothing is sent or answered under it.</para>
/// </remarks>
internal sealed class TakeBatcher : IDisposable
{
    /// <summary>Decisions on their way, at most: beyond that, no deadline could be kept anyway.</summary>
    public const int MaxPending = 16_384;

    /// <summary>Decisions a call, at most: so many that the call's own cost is small, so few that Redis is not held up.</summary>
    public const int MaxBatch = 256;

    /// <summary>One call that Redis works on, and a full one that is on its way meanwhile.</summary>
    private const int Callers = 2;

    /// <summary>On a cluster each decision is a call of its own, so more of them must be under way.</summary>
    private const int ClusterCallers = 32;

    private readonly object _gate = new();
    private readonly Queue<PendingTake> _waiting = new();
    private readonly Queue<PendingTake> _due = new();
    private readonly IDatabase _database;
    private readonly TimeProvider _time;
    private readonly TimeSpan _deadline;
    private readonly long _deadlineTicks;
    private readonly int _maxBatch;
    private readonly ITimer _timer;
    private string? _lastError;
    private int _underWay;
    private bool _watching;
    private bool _stopped;

    /// <param name="database">Where to.</param>
    /// <param name="together">False on a cluster, where one call cannot speak to several shards: each decision then leaves alone.</param>
    /// <param name="deadline">How long a decision waits.</param>
    /// <param name="time">The clock of the deadline.</param>
    public TakeBatcher(IDatabase database, bool together, TimeSpan deadline, TimeProvider time)
    {
        _database = database;
        _maxBatch = together ? MaxBatch : 1;
        _deadline = deadline;
        _deadlineTicks = (long)(deadline.TotalSeconds * time.TimestampFrequency);
        _time = time;
        _timer = time.CreateTimer(static batcher => ((TakeBatcher)batcher!).GiveUpLate(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        for (int i = 0; i < (together ? Callers : ClusterCallers); i++)
            new Thread(Call) { IsBackground = true, Name = $"Weir Redis caller {i}" }.Start();
    }

    /// <summary>The last error of a call in a few words, or null when there was none.</summary>
    public string? LastError => Volatile.Read(ref _lastError);

    /// <summary>Asks for a decision, which comes within the deadline: as an answer or as a fault.</summary>
    public ValueTask<BucketAnswer> AskAsync(byte[] key, Quota quota, long cost, bool spend)
    {
        var take = new PendingTake(key, quota, cost, spend, _time.GetTimestamp() + _deadlineTicks);
        lock (_gate)
        {
            if (_due.Count >= MaxPending)
                return new(BucketAnswer.Failed(StoreFault.Late));
            _waiting.Enqueue(take);
            _due.Enqueue(take);
            if (!_watching)
                WatchLocked(_deadline);
            WakeLocked();
        }

        return take.Answer;
    }

    /// <summary>Stops calling. Whatever still waits falls due.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        GiveUpLate();
        _timer.Dispose();
    }

    private void Call()
    {
        bool back = false;
        while (TryNext(back, out var batch))
        {
            back = true;
            var answers = new BucketAnswer[batch.Length];
            try
            {
                using var reply = TakeScript.Send(_database, batch);
                TakeScript.Read(reply, answers);
            }
            catch (Exception fault)
            {
                // Whatever it was, this thread must live and these callers must hear of it.
                Volatile.Write(ref _lastError, RedisFaults.Explain(fault));
                answers.AsSpan().Fill(BucketAnswer.Failed(RedisFaults.Classify(fault)));
            }

            int answered = 0;
            for (int i = 0; i < batch.Length; i++)
            {
                if (batch[i].TryAnswer(answers[i]))
                    batch[answered++] = batch[i];
            }

            Resumption.Queue(batch, answered);
        }
    }

    /// <summary>Waits for something to send. False when there is nothing more to do, ever.</summary>
    /// <param name="back">Whether the caller's last call is back.</param>
    /// <param name="batch">What to send.</param>
    private bool TryNext(bool back, [NotNullWhen(true)] out PendingTake[]? batch)
    {
        lock (_gate)
        {
            if (back)
                _underWay--;
            while ((batch = NextLocked()) is null && !_stopped)
                Monitor.Wait(_gate);
            _underWay++;
            WakeLocked();
            return batch is not null && !_stopped;
        }
    }

    /// <summary>The next batch, without those that have fallen due meanwhile; null when nothing may leave yet.</summary>
    private PendingTake[]? NextLocked()
    {
        while (_waiting.TryPeek(out var late) && late.IsAnswered)
            _waiting.Dequeue();
        if (!MayLeaveLocked())
            return null;
        var batch = new PendingTake[Math.Min(_waiting.Count, _maxBatch)];
        for (int i = 0; i < batch.Length; i++)
            batch[i] = _waiting.Dequeue();
        return batch;
    }

    private bool MayLeaveLocked() => _waiting.Count >= (_underWay == 0 ? 1 : _maxBatch);

    private void WakeLocked()
    {
        if (MayLeaveLocked())
            Monitor.Pulse(_gate);
    }

    private void GiveUpLate()
    {
        var late = new List<PendingTake>();
        lock (_gate)
        {
            _watching = false;
            long now = _time.GetTimestamp();
            while (_due.TryPeek(out var first) && (first.IsAnswered || first.DueAt <= now || _stopped))
                late.Add(_due.Dequeue());
            if (_due.TryPeek(out var next))
                WatchLocked(_time.GetElapsedTime(now, next.DueAt));
        }

        var answered = late.FindAll(static take => take.TryAnswer(BucketAnswer.Failed(StoreFault.Late))).ToArray();
        Resumption.Queue(answered, answered.Length);
    }

    private void WatchLocked(TimeSpan until)
    {
        _watching = true;
        _timer.Change(until, Timeout.InfiniteTimeSpan);
    }
}
