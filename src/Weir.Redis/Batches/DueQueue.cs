namespace Weir.Redis;

/// <summary>
/// Unanswered decisions in the order in which they fall due, and the timer that watches over the first of them. The
/// batcher's lock owns it.
/// </summary>
internal sealed class DueQueue : IDisposable
{
    /// <summary>The interval of the checks whether Redis is late, once a decision is past its deadline.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(2);

    /// <summary>Redis is silent when it owed the reply to one batch for this part of the deadline.</summary>
    private const int SilencePart = 4;

    private readonly Queue<PendingCommand> _takes = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _deadline;
    private readonly long _deadlineTicks;
    private readonly long _graceTicks;
    private readonly ITimer _timer;
    private bool _isWatching;

    /// <param name="deadline">How long a decision waits for Redis.</param>
    /// <param name="grace">How long it waits beyond that if this instance, and not Redis, is late.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ring">Called when a decision may be due.</param>
    public DueQueue(TimeSpan deadline, TimeSpan grace, TimeProvider time, Action ring)
    {
        (_time, _deadline) = (time, deadline);
        _deadlineTicks = TicksOf(deadline);
        _graceTicks = TicksOf(grace);
        _timer = time.CreateTimer(static ring => ((Action)ring!)(), ring, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Watches over a decision that is asked for now.</summary>
    public void Add(PendingCommand take, long now)
    {
        // A decision without an answer keeps all answered ones behind it in the queue until it falls due.
        if (_takes.Count >= 2 * Batcher.MaxPending)
            KeepUnanswered();
        take.DueAt = now + _deadlineTicks;
        _takes.Enqueue(take);
        if (!_isWatching)
            Watch(_deadline);
    }

    /// <summary>Forgets the first decisions, as far as they were answered.</summary>
    public void ForgetAnswered()
    {
        while (_takes.TryPeek(out var first) && first.IsAnswered)
            _takes.Dequeue().LetGo();
    }

    /// <summary>Removes overdue decisions.</summary>
    /// <param name="now">The time.</param>
    /// <param name="wait">
    /// How long Redis owed replies. A decision is late only if Redis did for the whole deadline, and for a quarter of
    /// it without a break: else it waits behind others whom Redis answers.
    /// </param>
    /// <param name="hasArrived">True if a reply has arrived, so that Redis is not late.</param>
    /// <param name="all">True to give up all.</param>
    /// <param name="late">Takes decisions that Redis does not answer in time, and all if the batcher stops.</param>
    /// <param name="starved">Takes decisions for which this instance was too slow.</param>
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

    /// <inheritdoc/>
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

    /// <remarks>
    /// Timers count whole milliseconds and round down: none at all would be a timer that does nothing but ring.
    /// </remarks>
    private void Watch(TimeSpan until)
    {
        _isWatching = true;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(until.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }
}
