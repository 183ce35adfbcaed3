using System.Runtime.InteropServices;

namespace Weir;

// State of one bucket in two words: 53 bits spent and 53 bits stamp, each above half of the 22 bits of the rate.
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

    /// <summary>True if the bucket equals a new one, so that it may be forgotten (law L11).</summary>
    public readonly bool IsAsNew(in StoreTime time) => RefillRate.ById(RateId) is var rate && rate.IsWindow
        ? State.At <= time.WallUs || State.Spent == 0
        : TokenBucket.SpentAt(rate, State, time.NowUs) == 0;

    // Returns the state under a quota. Reads the wall clock only for a changed quota, which may be a window.
    public readonly BucketState StateUnder(Quota quota, MonotonicClock clock, in StoreTime time) =>
        RateId == quota.Rate.Id ? State : Adopted(quota, clock.WithWall(time));

    // Writes the state after a take. Writes a refusal only if the quota or the state has changed: otherwise the bucket
    // might be forgotten under its old quota before the given answer expires (law L3).
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
