namespace Weir;

// The outage shares that the primary holds back for absent peers: of the capacity, and of the refill in SinceUs.
internal readonly record struct HeldBack(int Absent, int Instances, long SinceUs)
{
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
