namespace Weir.Redis;

/// <summary>When a lease ends.</summary>
/// <param name="Bucket">By what the table knows its bucket; 0 when it does not, so that it ends at once.</param>
/// <param name="EndsUs">When, by the clock of the table.</param>
/// <param name="Lease">The lease.</param>
/// <param name="Whole">What is given back of it when nothing was used.</param>
internal readonly record struct LeaseEnd(UInt128 Bucket, long EndsUs, GrantedLease Lease, LeaseWish Whole);

/// <summary>A lease that was granted, as much of it as is needed to give it back.</summary>
/// <param name="Limits">The request that took it, with the one limit that it is of.</param>
/// <param name="Key">The key of the bucket.</param>
internal sealed record GrantedLease(LimitSet Limits, byte[] Key)
{
    /// <summary>What gives back: it spends nothing.</summary>
    public LimitSet Return => Limits with { Facts = Limits.Facts with { Cost = 0 } };
}
