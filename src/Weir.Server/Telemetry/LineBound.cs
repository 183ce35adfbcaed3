namespace Weir.Server;

/// <summary>Limits log lines per second and reports the number of dropped lines. Safe for concurrent use.</summary>
internal sealed class LineBound : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly int _most;
    private readonly TimeProvider _time;
    private readonly ITimer _end;
    private readonly Action<long> _tell;
    private long? _began;
    private int _passed;
    private long _suppressed;

    public LineBound(int most, TimeProvider time, Action<long> tell)
    {
        _most = most;
        _time = time;
        _tell = tell;
        _end = time.CreateTimer(static bound => ((LineBound)bound!).End(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool TryPass()
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            if (_began is not { } began || _time.GetElapsedTime(began, now) >= Second)
                (_began, _passed) = (now, 0);
            if (_passed < _most)
            {
                _passed++;
                return true;
            }

            if (_suppressed++ == 0)
                _end.Change(Second - _time.GetElapsedTime(_began.Value, now), Timeout.InfiniteTimeSpan);
            return false;
        }
    }

    public void Dispose() => _end.Dispose();

    private void End()
    {
        long suppressed;
        lock (_gate)
            (suppressed, _suppressed) = (_suppressed, 0);
        if (suppressed > 0)
            _tell(suppressed);
    }
}
