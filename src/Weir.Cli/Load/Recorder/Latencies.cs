using HdrHistogram;

namespace Weir.Cli.Load;

/// <summary>Latencies in microseconds to three digits, from 1 microsecond to an hour.</summary>
/// <remarks>Not safe for concurrent use: a <see cref="Lane"/> guards its own.</remarks>
internal sealed class Latencies
{
    private const long HighestUs = 3_600_000_000;
    private const int Digits = 3;

    private readonly LongHistogram _histogram = new(1, HighestUs, Digits);
    private long _maxUs;

    public long Count => _histogram.TotalCount;

    /// <summary>The largest value, as recorded: a histogram knows it only to its three digits.</summary>
    public long MaxUs => _maxUs;

    public double MeanUs => Count == 0 ? 0 : _histogram.GetMean();

    /// <summary>
    /// Records one value and, where <paramref name="expectedIntervalUs"/> is positive, the values its wait hid.
    /// </summary>
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
