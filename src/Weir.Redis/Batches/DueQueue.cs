namespace Weir.Redis;

/// <summary>Unanswered decisions by deadline, and the timer of the first. Guarded by the batcher's lock.</summary>
internal sealed class DueQueue : IDisposable
{
    /// <summary>Interval of checks while a decision is overdue, but neither late nor starved yet.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(2);

    /// <summary>Divisor of the deadline: Redis is silent if it owes replies for a quarter, and none came.</summary>
    private const int SilencePart = 4;

    private readonly Queue<PendingCommand> _takes = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _deadline;
    private readonly long _deadlineTicks;
    private readonly long _graceTicks;
    private readonly ITimer _timer;
    private bool _isWatching;

    public DueQueue(TimeSpan deadline, TimeSpan grace, TimeProvider time, Action ring)
    {
        (_time, _deadline) = (time, deadline);
        _deadlineTicks = TicksOf(deadline);
        _graceTicks = TicksOf(grace);
        _timer = time.CreateTimer(static ring => ((Action)ring!)(), ring, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(PendingCommand take, long now)
    {
        // Removes answered decisions now: they would stay until the unanswered decision before them is due.
        if (_takes.Count >= 2 * Batcher.MaxPending)
            KeepUnanswered();
        take.DueAt = now + _deadlineTicks;
        _takes.Enqueue(take);
        if (!_isWatching)
            Watch(_deadline);
    }

    public void ForgetAnswered()
    {
        while (_takes.TryPeek(out var first) && first.IsAnswered)
            _takes.Dequeue().LetGo();
    }

    /// <summary>Removes overdue decisions. A decision is late if <c>all</c>, or if Redis is silent and has owed replies
    /// for a whole deadline since the decision was queued. Otherwise it is starved, after the grace period.</summary>
    public void TakeDue(long now, ReplyWait wait, bool hasArrived, bool all, List<PendingCommand> late, List<PendingCommand> starved)
    {
        _isWatching = false;
        bool isSilent = !hasArrived && wait.Silence(now) >= _deadlineTicks / SilencePart;
        while (_takes.TryPeek(out var first) && (all || first.IsAnswered || first.DueAt <= now))
        {
            if (all || first.IsAnswered || (isSilent && wait.At(now) - first.WaitedBefore >= _deadlineTicks))
                late.Add(_takes.Dequeue());
            else if (first.DueAt + _graceTicks <= now)
                starved.Add(_takes.Dequeue());
            else
                break;
        }

        if (_takes.TryPeek(out var next))
            Watch(next.DueAt > now ? _time.GetElapsedTime(now, next.DueAt) : Glance);
    }

    public void Dispose() => _timer.Dispose();

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    private void KeepUnanswered()
    {
        for (int left = _takes.Count; left > 0; left--)
        {
            var take = _takes.Dequeue();
            if (take.IsAnswered)
                take.LetGo();
            else
                _takes.Enqueue(take);
        }
    }

    /// <summary>Sets the timer. Rounds up: timers round down to whole milliseconds, and would ring early.</summary>
    private void Watch(TimeSpan until)
    {
        _isWatching = true;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(until.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }
}
