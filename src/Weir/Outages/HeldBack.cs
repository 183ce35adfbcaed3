namespace Weir;

/// <summary>
/// What the primary must not hand out yet, since instances that have not come back to it may have handed it out: of
/// each its share of the capacity, and of the refill since the first instance came back.
/// </summary>
/// <param name="Absent">Instances that have not come back.</param>
/// <param name="Instances">Instances in all.</param>
/// <param name="SinceUs">How long ago the first came back, in microseconds.</param>
internal readonly record struct HeldBack(int Absent, int Instances, long SinceUs)
{
    /// <summary>Tokens of the capacity that may be spent by now.</summary>
    public long CapacityOf(Quota quota)
    {
        if (Absent <= 0)
            return quota.Capacity;
        long share = Math.Max(1, CeilingOf(quota.Capacity, Instances));
        if (quota is not TokenQuota bucket)
            return Math.Max(0, quota.Capacity - (Absent * share));
        var rate = quota.Rate;
        var drained = (Int128)((SinceUs + rate.TickUs - 1) / rate.TickUs) * rate.UnitsPerTick;
        var held = Absent * (Int128.Max(rate.UnitsPerToken, CeilingOf(bucket.CapacityUnits, Instances)) + CeilingOf(drained, Instances));
        return (long)(Int128.Max(0, bucket.CapacityUnits - held) / rate.UnitsPerToken);
    }

    private static long CeilingOf(Int128 number, int divisor) => (long)((number + divisor - 1) / divisor);
}
