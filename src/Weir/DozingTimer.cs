namespace Weir;

/// <summary>
/// Repeats work at an interval while there is some, and costs nothing while there is none. Safe for concurrent use.
/// </summary>
internal sealed class DozingTimer : IAsyncDisposable
{
    private readonly TimeSpan _interval;
    private readonly Func<bool> _work;
    private readonly ITimer _timer;
    private int _isAwake;

    /// <param name="interval">Time from waking to the work, and between repetitions.</param>
    /// <param name="work">Does the work; true if there is more to do later.</param>
    /// <param name="time">The clock.</param>
    public DozingTimer(TimeSpan interval, Func<bool> work, TimeProvider time)
    {
        (_interval, _work) = (interval, work);
        _timer = time.CreateTimer(static timer => ((DozingTimer)timer!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Says that there is work. Cheap if the timer is awake.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _isAwake) == 0 && Interlocked.Exchange(ref _isAwake, 1) == 0)
            _timer.Change(_interval, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Tick()
    {
        // Before the work, so that work that comes meanwhile wakes it again.
        Volatile.Write(ref _isAwake, 0);
        if (_work())
            Wake();
    }
}
