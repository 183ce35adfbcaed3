namespace Weir.Server;

/// <summary>
/// Lets a number of lines per second through, and reports at the end of that second how many it dropped.
/// </summary>
/// <remarks>Safe for concurrent use. A second begins with the first line after the one before.</remarks>
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

    /// <param name="most">Lines a second.</param>
    /// <param name="time">Ends the seconds.</param>
    /// <param name="tell">
    /// Told how many lines were suppressed, once a second at most, and only if there were any.
    /// </param>
    public LineBound(int most, TimeProvider time, Action<long> tell)
    {
        _most = most;
        _time = time;
        _tell = tell;
        _end = time.CreateTimer(static bound => ((LineBound)bound!).End(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>True when there is room for a line more.</summary>
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
