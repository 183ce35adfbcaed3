using Weir.Testing;

namespace Weir.Simulation;

/// <summary>
/// The rules of leases by themselves, with holders that ask for whatever they like, use it when it hurts most, and give back when they like: harsher than any
/// instance of ours, so that what holds here holds for all of them.
/// </summary>
internal static class LeaseProtocol
{
    private const long HorizonUs = 20_000;

    private struct Holder
    {
        public long Tokens;
        public long EndsUs;
        public long StampUs;
    }

    /// <summary>Units admitted over the bound of law L1 in one random history.</summary>
    public static long UnitsOver(int seed, PlantedBug bug)
    {
        var random = new Random(seed);
        int rate = random.Next(100, 20_000);
        var quota = TokenQuota.Create(rate, TimeSpan.FromSeconds(1), random.Next(2 + (rate / 50), 20 + (rate / 5)));
        var redis = new ScriptModel(quota, HorizonUs) { Bug = bug };
        var bound = new IntervalBound(quota);
        var holders = new Holder[random.Next(1, 6)];
        long nowUs = 1_000_000;
        for (int step = 0; step < 400; step++)
        {
            nowUs += random.Next(4) == 0 ? random.NextInt64(HorizonUs) : random.NextInt64(200);
            ref var holder = ref holders[random.Next(holders.Length)];
            switch (random.Next(6))
            {
                case 0 or 1:
                    Take(redis, bound, ref holder, quota, random, nowUs, bug);
                    break;
                case 2:
                    GiveBack(redis, ref holder, nowUs, bug);
                    break;
                case 3:
                    UseAll(bound, holders, nowUs);
                    Drain(redis, bound, quota, nowUs);
                    break;
                default:
                    Use(bound, ref holder, nowUs, random.NextInt64(1, 20));
                    break;
            }
        }

        return bound.UnitsOver;
    }

    private static void Take(ScriptModel redis, IntervalBound bound, ref Holder holder, TokenQuota quota, Random random, long nowUs, PlantedBug bug)
    {
        long latency = random.NextInt64(HorizonUs / 2);
        var wish = new LeaseWish(random.NextInt64(quota.Capacity), holder.Tokens, holder.StampUs);
        if (bug != PlantedBug.ReturnIsKept)
            holder = default;
        var reply = redis.Take(1, wish, nowUs);
        if (reply.Line.Outcome == BucketOutcome.Allowed)
            bound.Admit(nowUs, 1);
        if (reply.Leased == 0)
            return;
        long times = bug == PlantedBug.ReplyCountsTwice ? 2 : 1;
        // The request was sent before Redis had it, so a holder that counts from then stops early.
        long fromUs = bug == PlantedBug.LeaseBeginsWithItsReply ? nowUs + latency : nowUs;
        holder = new Holder { Tokens = holder.Tokens + (times * reply.Leased), EndsUs = fromUs + HorizonUs, StampUs = nowUs };
    }

    private static void GiveBack(ScriptModel redis, ref Holder holder, long nowUs, PlantedBug bug)
    {
        redis.Return(new LeaseWish(0, holder.Tokens, holder.StampUs), nowUs);
        if (bug != PlantedBug.ReturnIsKept)
            holder = default;
    }

    private static void Use(IntervalBound bound, ref Holder holder, long nowUs, long cost)
    {
        long used = nowUs < holder.EndsUs ? Math.Min(cost, holder.Tokens) : 0;
        holder.Tokens -= used;
        if (used > 0)
            bound.Admit(nowUs, used);
    }

    private static void UseAll(IntervalBound bound, Holder[] holders, long nowUs)
    {
        foreach (ref var holder in holders.AsSpan())
            Use(bound, ref holder, nowUs, long.MaxValue);
    }

    /// <summary>Takes all that Redis has.</summary>
    private static void Drain(ScriptModel redis, IntervalBound bound, TokenQuota quota, long nowUs)
    {
        long left = quota.TokensLeft(redis.State, new StoreTime(nowUs, nowUs));
        if (left > 0 && redis.Take(left, default, nowUs).Line.Outcome == BucketOutcome.Allowed)
            bound.Admit(nowUs, left);
    }
}
