namespace Weir;

/// <summary>The clock that memory decides by: microseconds since it was made, which only go forward,
/// whatever the wall clock does, and fit in 53 bits for 285 years.</summary>
internal sealed class MonotonicClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly long _frequency = time.TimestampFrequency;

    /// <summary>Unix time in microseconds, by which windows are told.</summary>
    public long WallUs => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Both clocks.</summary>
    public StoreTime Now => new(NowUs, WallUs);

    public long NowUs
    {
        get
        {
            long timestamp = time.GetTimestamp() - _start;
            // The usual frequency is a constant, which the compiler turns into a multiplication.
            return _frequency == 1_000_000_000 ? timestamp / 1_000 : (long)((Int128)timestamp * 1_000_000 / _frequency);
        }
    }

    /// <summary>The time of a decision, with the wall's time if it was read without.</summary>
    public StoreTime WithWall(in StoreTime now) => now.WallUs != 0 ? now : now with { WallUs = WallUs };
}
