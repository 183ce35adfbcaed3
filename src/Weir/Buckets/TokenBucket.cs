namespace Weir;

/// <summary>What a bucket answers to a cost.</summary>
internal enum BucketOutcome
{
    /// <summary>There was room: the cost is (or, for a check, would be) spent.</summary>
    Allowed,

    /// <summary>Not now: the bucket must refill first. Nothing is spent.</summary>
    Refused,

    /// <summary>Not ever: the cost is above the capacity. Nothing is spent.</summary>
    NeverFits,
}

/// <summary>
/// The token bucket, in integers: a pure function from a state, a time and a cost to an answer and the next state.
/// </summary>
/// <remarks>
/// This is the reference that every store must agree with to the unit (law L8); <c>take.lua</c> is the same function for
/// Redis. It counts what has been <em>spent</em> and drains that with time, the mirror image of filling with tokens
/// (Turner, "New Directions in Communications", 1986; the virtual scheduling form is ITU-T I.371's GCRA): so a missing
/// bucket is a new one, and a change of quota leaves what was spent well defined.
/// </remarks>
internal static class TokenBucket
{
    /// <summary>
    /// A stamp is never believed to be more than this far ahead of the clock: a clock that steps back mints nothing and
    /// freezes a bucket for at most a second (law L5).
    /// </summary>
    internal const long MaxFreezeUs = 1_000_000;

    /// <summary>The units that are still spent at <paramref name="nowUs"/>.</summary>
    public static long SpentAt(Quota quota, BucketState state, long nowUs)
    {
        long at = Math.Min(state.At, nowUs + MaxFreezeUs);
        // The stamp is rounded up and the clock down, so a coarse tick never counts time that has not passed.
        long elapsed = quota.TickUs == 1
            ? nowUs - at
            : (nowUs / quota.TickUs) - ((at + quota.TickUs - 1) / quota.TickUs);
        if (elapsed <= 0)
            return state.Spent;
        long drained = Math.BigMul(elapsed, quota.RefillPerTick, out long low) == 0 && low >= 0 ? low : long.MaxValue;
        return Math.Max(0, state.Spent - drained);
    }

    /// <summary>Takes <paramref name="cost"/> tokens if they are there. A refusal leaves what is spent as it was.</summary>
    public static BucketOutcome Take(Quota quota, ref BucketState state, long nowUs, long cost)
    {
        long spent = SpentAt(quota, state, nowUs);
        if (cost > quota.Capacity)
            return BucketOutcome.NeverFits;
        long after = spent + (cost * quota.UnitsPerToken);
        if (after > quota.CapacityUnits)
        {
            // The one thing a refusal may write: a stamp from a clock that has since stepped back.
            state = state with { At = Math.Min(state.At, nowUs + MaxFreezeUs) };
            return BucketOutcome.Refused;
        }

        state = new BucketState(after, StampAt(quota, state, nowUs));
        return BucketOutcome.Allowed;
    }

    /// <summary>The bucket's state in the units of the other quota: spent stays spent, rounded against the caller.</summary>
    /// <remarks>In doubles on purpose: <c>take.lua</c> does the same operations in the same order and so agrees to the unit.</remarks>
    public static long Rescale(long spent, long fromUnitsPerToken, long toUnitsPerToken)
    {
        if (fromUnitsPerToken == toUnitsPerToken || spent == 0)
            return spent;
        double from = fromUnitsPerToken, to = toUnitsPerToken;
        double tokens = Math.Floor(spent / from);
        double rest = spent - (tokens * from);
        double scaled = rest == 0 ? 0 : Math.Min(to, Math.Floor(rest * to / from) + 1);
        return (long)Math.Min((tokens * to) + scaled, Quota.ExactLimit - 1);
    }

    /// <summary>Ticks of the quota's clock until at most <paramref name="target"/> units are spent.</summary>
    public static long TicksUntil(Quota quota, long spent, long target) =>
        spent <= target ? 0 : ((spent - target - 1) / quota.RefillPerTick) + 1;

    /// <summary>Microseconds from <paramref name="nowUs"/> until at most <paramref name="target"/> units are spent, exactly.</summary>
    public static long MicrosecondsUntil(Quota quota, BucketState state, long nowUs, long target)
    {
        long ticks = TicksUntil(quota, state.Spent, target);
        if (ticks == 0)
            return 0;
        long at = Math.Min(state.At, nowUs + MaxFreezeUs);
        long fromTick = (at + quota.TickUs - 1) / quota.TickUs;
        return Math.Max(0, ((fromTick + ticks) * quota.TickUs) - nowUs);
    }

    private static long StampAt(Quota quota, BucketState state, long nowUs)
    {
        long at = Math.Min(state.At, nowUs + MaxFreezeUs);
        long now = quota.TickUs == 1 ? nowUs : nowUs / quota.TickUs * quota.TickUs;
        return Math.Max(at, now);
    }
}
