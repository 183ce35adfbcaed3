namespace Weir.Redis;

/// <summary>
/// Estimates the clock of Redis from its replies, to name the right windows. The script checks the estimate: a wrong
/// one costs a second call and never changes a decision.
/// </summary>
internal sealed class RedisClock(TimeProvider time)
{
    private long _aheadUs;

    /// <summary>The time of Redis, in microseconds since 1970.</summary>
    public long NowUs => WallUs + Volatile.Read(ref _aheadUs);

    private long WallUs => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public void Learn(long redisUs) => Volatile.Write(ref _aheadUs, redisUs - WallUs);
}
