namespace Weir.Redis;

/// <summary>Estimates the clock of Redis. The script checks it: an error costs a call, never a decision.</summary>
internal sealed class RedisClock(TimeProvider time)
{
    private long _aheadUs;

    /// <summary>The time of Redis, in microseconds since 1970.</summary>
    public long NowUs => WallUs + Volatile.Read(ref _aheadUs);

    private long WallUs => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public void Learn(long redisUs) => Volatile.Write(ref _aheadUs, redisUs - WallUs);
}
