namespace Weir.Redis;

/// <summary>Estimates the clock of Redis. The script detects a wrong estimate: the command is then repeated.</summary>
internal sealed class RedisClock(TimeProvider time)
{
    private long _aheadUs;

    /// <summary>Estimated time of Redis, in µs of Unix time.</summary>
    public long NowUs => WallUs + Volatile.Read(ref _aheadUs);

    private long WallUs => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public void Learn(long redisUs) => Volatile.Write(ref _aheadUs, redisUs - WallUs);
}
