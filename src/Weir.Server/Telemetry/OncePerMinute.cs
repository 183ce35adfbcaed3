namespace Weir.Server;

/// <summary>Passes one event per minute and counts events since the last pass. Safe for concurrent use.</summary>
internal sealed class OncePerMinute(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private long _events;
    private long _passedAt;

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
