namespace Weir;

// Clock of the memory store: microseconds since its start, independent of the wall clock. Fits 53 bits for 285 years.
internal sealed class MonotonicClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly long _frequency = time.TimestampFrequency;

    /// <summary>Unix time in microseconds, for windows.</summary>
    public long WallUs => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public StoreTime Now => new(NowUs, WallUs);

    public long NowUs
    {
        get
        {
            long timestamp = time.GetTimestamp() - _start;
            // The usual frequency is a constant, so that the compiler turns the division into a multiplication.
            return _frequency == 1_000_000_000 ? timestamp / 1_000 : (long)((Int128)timestamp * 1_000_000 / _frequency);
        }
    }

    /// <summary>Adds the wall time to a time that was read without it.</summary>
    public StoreTime WithWall(in StoreTime now) => now.WallUs != 0 ? now : now with { WallUs = WallUs };
}
