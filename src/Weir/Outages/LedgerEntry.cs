namespace Weir;

/// <summary>One bucket of the primary in the <see cref="Ledger"/>.</summary>
/// <remarks>
/// What was spent here is the difference between how memory's bucket stands and how it would stand if nothing had been spent here (<see cref="Base"/>): the
/// two drain alike, so that what has come back meanwhile is not settled.
/// </remarks>
internal struct LedgerEntry
{
    /// <summary>The bucket, as memory knows it; 0 for none.</summary>
    public UInt128 Hash;

    /// <summary>The request that it was last asked for, and its limit among its plan's.</summary>
    public LimitSet Limits;

    /// <summary>As the primary said last, or as it was settled last, on the clock of memory.</summary>
    public BucketState Base;

    /// <summary>When it was last heard of.</summary>
    public long HeardUs;

    /// <summary>Up to when what was spent here is settled, or on its way.</summary>
    public long SettledUs;

    /// <summary>What was spent here and is on its way, until that is known to have come: the last of them.</summary>
    public OwnSpend? Pending;

    /// <summary>
    /// What was charged too much, since charges are whole tokens: so much less is owed next time. In units of the bucket, as memory counts them. It drains as the bucket does, since of an
    /// empty bucket nothing was charged too much.
    /// </summary>
    public long Over;

    /// <summary>Whether memory has not yet been told how it stands.</summary>
    public bool IsFresh;

    /// <summary>Whether something was spent here that is not on its way.</summary>
    public bool IsSpent;

    public readonly bool IsEmpty => Hash == 0;

    /// <summary>Takes that memory is deciding on at this moment: what they spend is not in its bucket yet.</summary>
    public int Deciding;

    /// <summary>Whether something spent here is not known to be in the primary.</summary>
    public readonly bool Owes => IsSpent || Pending is not null || Deciding > 0;

    public readonly Limit Limit => Limits.First;

    /// <summary>Whether a charge is not known to have come.</summary>
    public readonly bool Awaits(OwnSpend spend)
    {
        var pending = Pending;
        while (pending is not null && pending != spend)
            pending = pending.Before;
        return pending is not null;
    }

    /// <summary>Forgets a charge that has come. False when it is not known (any more).</summary>
    public bool Close(OwnSpend spend)
    {
        if (Pending == spend)
        {
            Pending = spend.Before;
            return true;
        }

        var later = Pending;
        while (later is not null && later.Before != spend)
            later = later.Before;
        if (later is null)
            return false;
        later.Before = spend.Before;
        return true;
    }

    /// <summary>Has it stand for a bucket that was not here.</summary>
    public void Become(UInt128 hash, in LimitSet limits) => this = new LedgerEntry { Hash = hash, Limits = limits };

    /// <summary>The limit may have other numbers than before.</summary>
    public void Follow(in LimitSet limits, in StoreTime time)
    {
        var before = Limit.Quota.Rate;
        Limits = limits;
        if (before.Id == Limit.Quota.Rate.Id)
            return;
        Over = 0;
        Base = Limit.Quota.Adopt(Base, before, time);
    }

    /// <summary>Tokens to settle: this share's part of what was spent here, and of what drains in the primary since others came back to it. What is too much of them is kept for the next.</summary>
    /// <param name="own">How memory's bucket stands.</param>
    /// <param name="time">The clock of memory.</param>
    /// <param name="share">The part of the bucket that was this one's.</param>
    /// <param name="returnedUs">When the first instance came back to the primary.</param>
    public long Owed(BucketState own, in StoreTime time, Share share, long returnedUs)
    {
        int instances = Math.Max(1, share.Instances);
        if (Limit.Quota is not TokenQuota quota)
            return CeilingOf(SpentOfWindow(own, time), instances);
        var rate = quota.Rate;
        Int128 units = TokenBucket.SpentAt(rate, own, time.NowUs) - TokenBucket.SpentAt(rate, Base, time.NowUs);
        // The whole of the bucket drains there, while this share of it was still handed out here.
        long sinceUs = Math.Max(0, time.NowUs - Math.Max(returnedUs, SettledUs));
        units += (Int128)((sinceUs + rate.TickUs - 1) / rate.TickUs) * rate.UnitsPerTick;
        long settledUs = Math.Max(0, time.NowUs - SettledUs);
        var drained = (Int128)((settledUs + rate.TickUs - 1) / rate.TickUs) * rate.UnitsPerTick * instances;
        Over = (long)Int128.Max(0, Over - drained);
        return WholeTokens(units, (Int128)instances * rate.UnitsPerToken);
    }

    private readonly long SpentOfWindow(BucketState own, in StoreTime time)
    {
        var window = (WindowQuota)Limit.Quota;
        var now = window.Now(own, time);
        long known = Base.At == now.At ? Base.Spent : 0;
        return now.Spent - known;
    }

    private long WholeTokens(Int128 units, Int128 token)
    {
        units -= Over;
        long tokens = CeilingOf(units, token);
        Over = (long)Int128.Min((tokens * token) - units, Quota.ExactLimit);
        return tokens;
    }

    /// <summary>Rounded against the caller, also where something is given back.</summary>
    private static long CeilingOf(Int128 number, Int128 divisor) => (long)(number >= 0 ? (number + divisor - 1) / divisor : number / divisor);
}
