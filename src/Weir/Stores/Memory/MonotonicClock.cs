namespace Weir;

/// <summary>The clock that memory decides by: microseconds that only go forward, whatever the wall clock does.</summary>
internal sealed class MonotonicClock(TimeProvider time)
{
    private readonly long _perMicrosecond = time.TimestampFrequency / 1_000_000;

    public long NowUs
    {
        get
        {
            long timestamp = time.GetTimestamp();
            // The usual frequency is a constant, which the compiler turns into a multiplication.
            return _perMicrosecond == 1_000 ? timestamp / 1_000 : timestamp / _perMicrosecond;
        }
    }
}
