namespace Weir.Simulation;

/// <summary>What <c>decisions.lua</c> does with one bucket and its leases, in C#; a test holds the two to each other.</summary>
internal sealed class ScriptModel(TokenQuota quota, long horizonUs)
{
    /// <summary>A mistake that is planted, to see that the laws find it.</summary>
    public PlantedBug Bug { get; init; }

    /// <summary>The bucket as it is written.</summary>
    public BucketState State { get; set; }

    /// <summary>Decides, gives back and leases, as the script would at this time.</summary>
    public LeaseReply Take(long cost, in LeaseWish wish, long nowUs)
    {
        long drained = GivenBack(wish, nowUs, out bool isChanged);
        var time = new StoreTime(nowUs, nowUs);
        if (cost > quota.Capacity || drained + quota.UnitsOf(cost) > quota.CapacityUnits)
        {
            if (isChanged)
                State = new BucketState(drained, Math.Max(State.At, nowUs));
            return new LeaseReply(new BucketLine(cost > quota.Capacity ? BucketOutcome.NeverFits : BucketOutcome.Refused, State), time, 0);
        }

        long spent = drained + quota.UnitsOf(cost);
        long leased = 0;
        if (wish.Tokens > 0)
        {
            long floor = Bug switch { PlantedBug.NoFloor => 0, PlantedBug.HalfAFloor => horizonUs / 2, _ => horizonUs } / quota.Rate.TickUs * quota.Rate.UnitsPerTick;
            long raised = Math.Max(drained, floor) + quota.UnitsOf(cost);
            leased = Math.Max(0, Math.Min(wish.Tokens, (quota.CapacityUnits - raised) / quota.Rate.UnitsPerToken));
            spent = leased == 0 ? spent : Bug == PlantedBug.LeaseIsNotSpent ? raised : raised + quota.UnitsOf(leased);
        }

        State = new BucketState(spent, Math.Max(State.At, nowUs));
        return new LeaseReply(new BucketLine(BucketOutcome.Allowed, State), time, leased);
    }

    /// <summary>Gives back, and asks nothing.</summary>
    public void Return(in LeaseWish wish, long nowUs) => State = new BucketState(GivenBack(wish, nowUs, out _), Math.Max(State.At, nowUs));

    /// <summary>Gives back tokens that were taken, though never more than were spent.</summary>
    public void GiveBack(long tokens, long nowUs) => State = new BucketState(
        Math.Max(0, TokenBucket.SpentAt(quota.Rate, State, nowUs) - quota.UnitsOf(tokens)), Math.Max(State.At, nowUs));

    private long GivenBack(in LeaseWish wish, long nowUs, out bool isChanged)
    {
        long drained = TokenBucket.SpentAt(quota.Rate, State, nowUs);
        long aged = quota.UnitsOf(wish.Back) - (Bug == PlantedBug.ReturnIsNotAged ? 0 : Math.Max(0, nowUs - wish.BackStampUs) * quota.Rate.UnitsPerTick);
        isChanged = wish.Back > 0 && aged > 0;
        return isChanged ? Math.Max(0, drained - aged) : drained;
    }
}

/// <summary>Mistakes that somebody could make with leases.</summary>
internal enum PlantedBug
{
    None,

    /// <summary>Spent is not raised before a lease is granted, so that it drains below what is outstanding.</summary>
    NoFloor,

    /// <summary>It is raised by what drains in half a horizon.</summary>
    HalfAFloor,

    /// <summary>A lease is not counted as spent.</summary>
    LeaseIsNotSpent,

    /// <summary>What is given back is given back whole, also what has drained of it meanwhile.</summary>
    ReturnIsNotAged,

    /// <summary>What is given back may still be used.</summary>
    ReturnIsKept,

    /// <summary>A reply is believed twice.</summary>
    ReplyCountsTwice,

    /// <summary>A lease is counted from when its reply came.</summary>
    LeaseBeginsWithItsReply,
}
