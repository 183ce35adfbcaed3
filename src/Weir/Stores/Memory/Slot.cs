using System.Runtime.InteropServices;

namespace Weir;

/// <summary>
/// One bucket in memory, 32 bytes, half a cache line: 96 bits of hash, 32 bits that name the tenant, 53 bits spent, 53 bits of stamp and 22 bits
/// that name the refill rate (11 in the low end of each word), without which nobody could tell when the bucket is as new.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct Slot
{
    public const int Size = 32;
    private const int RateBits = 11;
    private const ulong RateMask = (1 << RateBits) - 1;

    private ulong _hashLow;
    private ulong _hashHigh;
    private ulong _spent;
    private ulong _at;

    /// <summary>True for a slot that was never used: zeroed memory is a table of empty slots.</summary>
    public readonly bool IsEmpty => _hashLow == 0;

    public readonly UInt128 Hash => new(_hashHigh, _hashLow);

    /// <summary>Whose share of the places it counts in; see <see cref="BucketHash.WithTenant"/>.</summary>
    public readonly uint Tenant => (uint)_hashHigh;

    public readonly int RateId => (int)((_spent & RateMask) | ((_at & RateMask) << RateBits));

    public readonly RefillRate Rate => RefillRate.ById(RateId);

    public readonly BucketState State => new((long)(_spent >> RateBits), (long)(_at >> RateBits));

    /// <summary>True when the bucket cannot be told from a new one, and so may be forgotten (law L11).</summary>
    public readonly bool IsAsNew(in StoreTime time) =>
        Rate is var rate && rate.IsWindow ? State.At <= time.WallUs || State.Spent == 0 : TokenBucket.SpentAt(rate, State, time.NowUs) == 0;

    /// <summary>Whether it is the bucket of a hash, whatever that says of the tenant: so the tenant is hashed only for a new bucket.</summary>
    public readonly bool Is(ulong hashLow, ulong hashHigh) => _hashLow == hashLow && (_hashHigh ^ hashHigh) >> 32 == 0;

    public void Put(ulong hashLow, ulong hashHigh, BucketState state, int rateId)
    {
        _hashLow = hashLow;
        _hashHigh = hashHigh;
        Put(state, rateId);
    }

    public void Put(BucketState state, int rateId)
    {
        _spent = ((ulong)state.Spent << RateBits) | ((uint)rateId & RateMask);
        _at = ((ulong)state.At << RateBits) | ((uint)rateId >> RateBits);
    }
}
