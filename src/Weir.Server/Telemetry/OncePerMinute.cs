namespace Weir.Server;

/// <summary>
/// Lets one event per minute be logged, with the number of events since the last one. Safe for concurrent use.
/// </summary>
internal sealed class OncePerMinute(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private long _events;
    private long _passedAt;

    /// <summary>Counts an event. True if it may be logged now.</summary>
    /// <param name="events">The number of events to log, this one included.</param>
    public bool TryPass(out long events)
    {
        Interlocked.Increment(ref _events);
        long passedAt = Volatile.Read(ref _passedAt), now = time.GetTimestamp();
        bool passes = (passedAt == 0 || time.GetElapsedTime(passedAt, now) >= Interval)
            && Interlocked.CompareExchange(ref _passedAt, now, passedAt) == passedAt;
        events = passes ? Interlocked.Exchange(ref _events, 0) : 0;
        return passes;
    }
}
