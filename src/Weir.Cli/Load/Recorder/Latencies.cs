using HdrHistogram;

namespace Weir.Cli.Load;

/// <summary>Latencies up to an hour, in microseconds to three digits. Guarded by <see cref="Lane"/>.</summary>
internal sealed class Latencies
{
    private const long HighestUs = 3_600_000_000;
    private const int Digits = 3;

    private readonly LongHistogram _histogram = new(1, HighestUs, Digits);
    private long _maxUs;

    public long Count => _histogram.TotalCount;

    /// <summary>Exact maximum; the histogram keeps only three digits.</summary>
    public long MaxUs => _maxUs;

    public double MeanUs => Count == 0 ? 0 : _histogram.GetMean();

    /// <summary>Records a latency. A positive interval adds latencies of the sends that the wait prevented.</summary>
    public void Record(long us, long expectedIntervalUs = 0)
    {
        us = Math.Clamp(us, 0, HighestUs);
        _maxUs = Math.Max(_maxUs, us);
        if (expectedIntervalUs > 0)
            _histogram.RecordValueWithExpectedInterval(us, expectedIntervalUs);
        else
            _histogram.RecordValue(us);
    }

    public long PercentileUs(double percentile) => Count == 0 ? 0 : Math.Min(_maxUs, _histogram.GetValueAtPercentile(percentile));

    public void Add(Latencies other)
    {
        _histogram.Add(other._histogram);
        _maxUs = Math.Max(_maxUs, other._maxUs);
    }
}
