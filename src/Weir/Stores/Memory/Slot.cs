using System.Runtime.InteropServices;

namespace Weir;

/// <summary>
/// The state of one bucket in memory, 16 bytes: 53 bits spent, 53 bits of stamp and 22 bits that name the refill rate
/// (11 in the low end of each word), without which it is unknown when the bucket is as new.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal struct Slot
{
    public const int Size = 16;
    private const int RateBits = 11;
    private const ulong RateMask = (1 << RateBits) - 1;

    private ulong _spent;
    private ulong _at;

    public readonly int RateId => (int)((_spent & RateMask) | ((_at & RateMask) << RateBits));

    public readonly BucketState State => new((long)(_spent >> RateBits), (long)(_at >> RateBits));

    /// <summary>True when the bucket cannot be told from a new one, and so may be forgotten (law L11).</summary>
    public readonly bool IsAsNew(in StoreTime time) => RefillRate.ById(RateId) is var rate && rate.IsWindow
        ? State.At <= time.WallUs || State.Spent == 0
        : TokenBucket.SpentAt(rate, State, time.NowUs) == 0;

    /// <summary>Returns the state under a quota, which need not be the one that it was written with.</summary>
    /// <param name="quota">The quota.</param>
    /// <param name="clock">Asked only if it is another quota, since the bucket may have been a window.</param>
    /// <param name="time">The time of the decision.</param>
    public readonly BucketState StateUnder(Quota quota, MonotonicClock clock, in StoreTime time) =>
        RateId == quota.Rate.Id ? State : Adopted(quota, clock.WithWall(time));

    /// <summary>Writes the state after a take, if it has to be written.</summary>
    /// <remarks>
    /// A refusal spends nothing, but is written if the quota has changed: under the quota before, the bucket might be
    /// as new, and so forgotten, before the answer that was given is no longer true (law L3).
    /// </remarks>
    public void PutTaken(BucketOutcome outcome, BucketState state, Quota quota)
    {
        if (outcome == BucketOutcome.Allowed || (outcome == BucketOutcome.Refused && (RateId != quota.Rate.Id || State != state)))
            Put(state, quota.Rate.Id);
    }

    public void Put(BucketState state, int rateId)
    {
        _spent = ((ulong)state.Spent << RateBits) | ((uint)rateId & RateMask);
        _at = ((ulong)state.At << RateBits) | ((uint)rateId >> RateBits);
    }

    private readonly BucketState Adopted(Quota quota, in StoreTime time) =>
        IsAsNew(time) ? default : quota.Adopt(State, RefillRate.ById(RateId), time);
}
