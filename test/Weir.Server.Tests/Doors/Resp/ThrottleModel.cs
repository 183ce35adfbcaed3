using System.Numerics;

namespace Weir.Server.Tests.Doors.Resp;

/// <summary>
/// redis-cell as its page describes it: the virtual scheduling form of GCRA. Times are microseconds times
/// <paramref name="count"/>, so that nothing is rounded before the answer.
/// </summary>
internal sealed class ThrottleModel(long maxBurst, long count, long period)
{
    private const long Second = 1_000_000;
    private BigInteger _arrival;

    public long[] Throttle(long nowUs, long quantity)
    {
        BigInteger now = (BigInteger)nowUs * count, interval = (BigInteger)period * Second;
        var tolerance = interval * (maxBurst + 1);
        var arrival = BigInteger.Max(_arrival, now);
        var next = arrival + (interval * quantity);
        bool isLimited = next - tolerance > now;
        bool canWait = interval * quantity <= tolerance;
        if (!isLimited)
            _arrival = next;
        var until = (isLimited ? arrival : next) - now;
        return
        [
            isLimited ? 1 : 0, maxBurst + 1, (long)((tolerance - until) / interval),
            isLimited && canWait ? Seconds(next - tolerance - now) : -1, Seconds(until),
        ];
    }

    private long Seconds(BigInteger time) => (long)((time + (count * Second) - 1) / (count * Second));
}
