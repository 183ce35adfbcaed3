namespace Weir.Testing;

/// <summary>
/// The checker of law L1: over every interval, what was admitted is at most the capacity and what refills in it.
/// </summary>
/// <remarks>
/// With A the cost admitted so far and r the refill, the interval from the i-th to the j-th admission holds the law when
/// <c>(A[j] - r t[j]) - (A[i-1] - r t[i]) &lt;= capacity</c>; the worst i for each j is the least so far, so one pass sees every interval.
/// Time is counted in ticks of the quota's clock, as the quota itself does.
/// </remarks>
public sealed class IntervalBound(TokenQuota quota)
{
    private Int128 _admitted;
    private Int128 _least = Int128.MaxValue;

    /// <summary>Units admitted over the bound in the worst interval so far; 0 when the law holds.</summary>
    public long UnitsOver { get; private set; }

    /// <summary>Tokens admitted so far.</summary>
    public long Tokens { get; private set; }

    /// <summary>Says that a cost was admitted at a time of the store's clock. Times do not decrease.</summary>
    public void Admit(long nowUs, long cost)
    {
        Int128 refilled = (Int128)(nowUs / quota.Rate.TickUs) * quota.Rate.UnitsPerTick;
        _least = Int128.Min(_least, _admitted - refilled);
        _admitted += (Int128)cost * quota.Rate.UnitsPerToken;
        Tokens += cost;
        UnitsOver = (long)Int128.Max(UnitsOver, _admitted - refilled - _least - quota.CapacityUnits);
    }
}
