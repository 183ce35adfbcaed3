namespace Weir;

// The token bucket in integers, a pure function of state, time and cost. Every store, such as decisions.lua, agrees
// with it to the unit (law L8). The spent amount drains with time (Turner 1986; GCRA of ITU-T I.371).
internal static class TokenBucket
{
    // Maximum lead of a stamp: if the clock steps back, a bucket mints nothing and freezes for at most 1 s (law L5).
    internal const long MaxFreezeUs = 1_000_000;

    public static long SpentAt(RefillRate rate, BucketState state, long nowUs)
    {
        long elapsed = ElapsedTicks(rate, BelievedStamp(state, nowUs), nowUs);
        if (elapsed <= 0)
            return state.Spent;
        bool fits = Math.BigMul(elapsed, rate.UnitsPerTick, out long drained) == 0 && drained >= 0;
        return fits ? Math.Max(0, state.Spent - drained) : 0;
    }

    public static BucketOutcome Take(TokenQuota quota, ref BucketState state, long nowUs, long cost)
    {
        if (cost > quota.Capacity)
            return BucketOutcome.NeverFits;
        long stamp = BelievedStamp(state, nowUs);
        long after = SpentAt(quota.Rate, state, nowUs) + quota.UnitsOf(cost);
        if (after > quota.CapacityUnits)
        {
            // A refusal changes only the stamp, and only one from a clock that has since stepped back.
            state = state with { At = stamp };
            return BucketOutcome.Refused;
        }

        long tick = quota.Rate.TickUs;
        state = new BucketState(after, Math.Max(stamp, tick == 1 ? nowUs : nowUs / tick * tick));
        return BucketOutcome.Allowed;
    }

    /// <summary>Charges unconditionally. The spent amount stays at least 0, and may exceed the capacity.</summary>
    public static void Charge(TokenQuota quota, ref BucketState state, long nowUs, long cost)
    {
        long stamp = BelievedStamp(state, nowUs), tick = quota.Rate.TickUs;
        long spent = Bounded(SpentAt(quota.Rate, state, nowUs), (Int128)cost * quota.Rate.UnitsPerToken);
        state = new BucketState(spent, Math.Max(stamp, nowUs / tick * tick));
    }

    public static long Bounded(long spent, Int128 charge) => (long)Int128.Clamp(spent + charge, 0, Quota.ExactLimit - 1);

    public static long MicrosecondsUntil(RefillRate rate, BucketState state, long nowUs, long target)
    {
        if (state.Spent <= target)
            return 0;
        long ticks = ((state.Spent - target - 1) / rate.UnitsPerTick) + 1;
        return Math.Max(0, ((StampTick(rate, BelievedStamp(state, nowUs)) + ticks) * rate.TickUs) - nowUs);
    }

    // Converts a spent amount to the units of another quota, rounded up. Uses doubles on purpose: decisions.lua runs
    // the same operations in the same order, so both agree to the unit.
    public static long Rescale(long spent, long fromUnitsPerToken, long toUnitsPerToken)
    {
        if (fromUnitsPerToken == toUnitsPerToken || spent == 0)
            return spent;
        double from = fromUnitsPerToken, to = toUnitsPerToken;
        double tokens = Math.Floor(spent / from);
        double rest = spent - (tokens * from);
        double part = rest == 0 ? 0 : Math.Min(to, Math.Floor(rest * to / from) + 1);
        return (long)Math.Min((tokens * to) + part, Quota.ExactLimit - 1);
    }

    private static long BelievedStamp(BucketState state, long nowUs) => Math.Min(state.At, nowUs + MaxFreezeUs);

    /// <summary>Returns the whole ticks since the stamp: rounds the stamp up and the clock down.</summary>
    private static long ElapsedTicks(RefillRate rate, long stampUs, long nowUs) =>
        rate.TickUs == 1 ? nowUs - stampUs : (nowUs / rate.TickUs) - StampTick(rate, stampUs);

    private static long StampTick(RefillRate rate, long stampUs) =>
        rate.TickUs == 1 ? stampUs : (stampUs + rate.TickUs - 1) / rate.TickUs;
}
