namespace Weir;

/// <summary>Repeats work at an interval until the work returns false, then sleeps until Wake. Thread-safe.</summary>
internal sealed class DozingTimer : IAsyncDisposable
{
    private readonly TimeSpan _interval;
    private readonly Func<bool> _work;
    private readonly ITimer _timer;
    private int _isAwake;

    public DozingTimer(TimeSpan interval, Func<bool> work, TimeProvider time)
    {
        (_interval, _work) = (interval, work);
        _timer = time.CreateTimer(static timer => ((DozingTimer)timer!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Wake()
    {
        if (Volatile.Read(ref _isAwake) == 0 && Interlocked.Exchange(ref _isAwake, 1) == 0)
            _timer.Change(_interval, Timeout.InfiniteTimeSpan);
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Tick()
    {
        // Reset the flag before the work, so that a Wake during the work starts the timer again.
        Volatile.Write(ref _isAwake, 0);
        if (_work())
            Wake();
    }
}
