using System.Numerics;

namespace Weir.Tests.Buckets;

/// <summary>The oracle of law L4: the same bucket in integers that cannot overflow, written as one would on paper.</summary>
internal sealed class BigBucket(TokenQuota quota)
{
    private readonly BigInteger _tick = quota.Rate.TickUs;
    private BigInteger _at;

    public BigInteger Spent { get; private set; }

    public BucketOutcome Take(long nowUs, long cost)
    {
        if (cost > quota.Capacity)
            return BucketOutcome.NeverFits;
        var tick = nowUs / _tick;
        var drained = BigInteger.Max(0, Spent - (BigInteger.Max(0, tick - _at) * quota.Rate.UnitsPerTick));
        var after = drained + ((BigInteger)cost * quota.Rate.UnitsPerToken);
        if (after > (BigInteger)quota.Capacity * quota.Rate.UnitsPerToken)
            return BucketOutcome.Refused;
        Spent = after;
        _at = tick;
        return BucketOutcome.Allowed;
    }
}
