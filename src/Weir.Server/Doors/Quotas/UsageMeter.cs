namespace Weir.Server;

/// <summary>Measures the demand of one client from its usage reports.</summary>
internal sealed class UsageMeter(TimeProvider time)
{
    /// <summary>Minimum duration of a measurement. Requests of reports that arrive sooner are added up.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);

    private long _last = time.GetTimestamp();
    private long _lastUse = time.GetTimestamp();
    private double _pending;
    private double? _perSecond;
    private bool _hasReported;

    /// <summary>Time since a report with requests.</summary>
    public TimeSpan Unused => time.GetElapsedTime(_lastUse);

    /// <summary>Adds a report of the requests since the last one. The first one has no duration to measure.</summary>
    /// <param name="requests">Allowed and denied requests.</param>
    /// <param name="stated">Duration as the client states it; Envoy rounds it down to seconds.</param>
    public void Report(double requests, TimeSpan stated)
    {
        if (requests > 0)
            _lastUse = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(_last);
        elapsed = stated > elapsed ? stated : elapsed;
        if (!_hasReported)
        {
            _hasReported = true;
            _last = time.GetTimestamp();
            return;
        }

        _pending += requests;
        if (elapsed < Shortest)
            return;
        _perSecond = _pending / elapsed.TotalSeconds;
        _pending = 0;
        _last = time.GetTimestamp();
    }

    /// <summary>Returns the expected requests in a time; null before two reports.</summary>
    public double? In(TimeSpan span) => _perSecond * span.TotalSeconds;
}
