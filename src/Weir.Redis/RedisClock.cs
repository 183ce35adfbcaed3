namespace Weir.Redis;

/// <summary>
/// Estimates the clock of Redis from its replies, so that a command names the right windows. The script checks the
/// estimate, so a wrong one costs a second script call and never changes a decision.
/// </summary>
internal sealed class RedisClock(TimeProvider time)
{
    private long _aheadUs;

    /// <summary>The time of Redis, in microseconds since 1970.</summary>
    public long NowUs => WallUs + Volatile.Read(ref _aheadUs);

    private long WallUs => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Learns the time of a reply that arrives now.</summary>
    public void Learn(long redisUs) => Volatile.Write(ref _aheadUs, redisUs - WallUs);
}
