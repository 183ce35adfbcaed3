namespace Weir.Testing;

/// <summary>
/// What a bucket allows of an interval <c>[a, b]</c>: a burst, what refills in it, and what is allowed beyond that. All of it is a difference
/// of two functions, one of a and one of b, so that the worst of all intervals can be found without looking at each.
/// </summary>
/// <param name="CapacityUnits">Units of a full bucket.</param>
/// <param name="UnitsPerToken">Units that make a token.</param>
/// <param name="UnitsPerUs">Units that refill in a microsecond.</param>
/// <param name="Allowances">What is allowed beyond that, and when.</param>
public sealed record SpanLaw(long CapacityUnits, long UnitsPerToken, long UnitsPerUs, IReadOnlyList<Allowance> Allowances)
{
    /// <summary>The law of a bucket.</summary>
    /// <param name="quota">The bucket's numbers, whose clock must count microseconds.</param>
    /// <param name="scale">By what all units are multiplied, so that a share of them is still whole.</param>
    public static SpanLaw Of(TokenQuota quota, long scale = 1) => quota.Rate.TickUs == 1
        ? new(quota.CapacityUnits * scale, quota.Rate.UnitsPerToken * scale, quota.Rate.UnitsPerTick * scale, [])
        : throw new ArgumentException("the quota counts in a coarser clock than microseconds", nameof(quota));

    /// <summary>The law within one window of a calendar: nothing comes back.</summary>
    public static SpanLaw Of(WindowQuota quota, long scale = 1) => new(quota.Capacity * scale, scale, 0, []);

    /// <summary>Units allowed in an interval.</summary>
    public long UnitsIn(long fromUs, long toUs) => checked(CapacityUnits + CreditAt(toUs) - DebitAt(fromUs));

    /// <summary>The part of <see cref="UnitsIn"/> that depends on where the interval ends.</summary>
    internal long CreditAt(long toUs) => checked((UnitsPerUs * toUs) + Allowances.Sum(one => one.RefilledBy(toUs) + (one.FromUs <= toUs ? one.BurstUnits : 0)));

    /// <summary>The part that depends on where it begins: an allowance that is over by then is taken back.</summary>
    internal long DebitAt(long fromUs) => checked((UnitsPerUs * fromUs) + Allowances.Sum(one => one.RefilledBy(fromUs) + (one.UntilUs < fromUs ? one.BurstUnits : 0)));
}
