namespace Weir.Redis;

/// <summary>Measures how long a woken sending thread waits for a core. Safe for concurrent use.</summary>
internal sealed class SchedulingLag(TimeProvider time)
{
    private const long WindowSeconds = 10;

    private readonly Lock _lock = new();
    private long _window;
    private long _largest;
    private long _largestBefore;
    private long _last;

    /// <summary>Largest lag that was recorded in the last 10 to 20 seconds.</summary>
    public TimeSpan Largest
    {
        get
        {
            lock (_lock)
            {
                TurnLocked(time.GetTimestamp());
                return time.GetElapsedTime(0, Math.Max(_largest, _largestBefore));
            }
        }
    }

    public TimeSpan Last => time.GetElapsedTime(0, Volatile.Read(ref _last));

    public void Record(long wokenAt, long now)
    {
        Volatile.Write(ref _last, now - wokenAt);
        lock (_lock)
        {
            TurnLocked(now);
            _largest = Math.Max(_largest, now - wokenAt);
        }
    }

    private void TurnLocked(long now)
    {
        long window = now / (time.TimestampFrequency * WindowSeconds);
        if (window <= _window)
            return;
        _largestBefore = window == _window + 1 ? _largest : 0;
        (_window, _largest) = (window, 0);
    }
}
