namespace Weir;

/// <summary>What is asked of one bucket.</summary>
internal readonly record struct Ask(Quota Quota, StoreTime Time, long Cost, StoreVerb What)
{
    public Ask(in LimitSet limits, Limit limit, in StoreTime time, StoreVerb what)
        : this(limit.Quota, time, limit.CostOf(limits.Facts.Cost), what) => (Share, IsLeast) = (limits.Share, limits.Facts.Cost <= 1);

    /// <summary>The part of the bucket that is asked.</summary>
    public Share Share { get; }

    /// <summary>Whether no request could cost less.</summary>
    public bool IsLeast { get; }

    /// <summary>Decides, and spends unless this is a check.</summary>
    public BucketOutcome Take(ref BucketState state)
    {
        var before = state;
        var outcome = Share.IsWhole ? Quota.Take(ref state, Time, Cost) : Share.Take(Quota, ref state, Time, Cost, IsLeast);
        if (What == StoreVerb.Check)
            state = before;
        return outcome;
    }
}
