namespace Weir;

/// <summary>
/// A bucket of the primary: what this instance last heard of it, and what it spent of it without the primary.
/// </summary>
/// <remarks>
/// Memory's bucket (on an outage share each cost counts N times) and <see cref="Base"/> drain alike. An N-th of their
/// difference is what was spent here and has not come back: so much is settled, and never more than was spent.
/// </remarks>
internal struct KnownBucket
{
    /// <summary>The bucket, as memory knows it; 0 for none.</summary>
    public UInt128 Hash;

    /// <summary>A request for it, with this limit only and no attribute that the limit is not keyed by.</summary>
    public LimitSet Limits { get; private set; }

    /// <summary>
    /// The primary's state when last heard of; after a charge was made, memory's state then. On the clock of memory.
    /// </summary>
    public BucketState Base;

    /// <summary>When it was last heard of or spent from.</summary>
    public long HeardUs;

    /// <summary>When the last charge was made.</summary>
    public long SettledUs;

    /// <summary>Units spent here that are in no charge, less what was given back; may be negative.</summary>
    public long Spent;

    /// <summary>The charge that the primary is not known to have executed.</summary>
    public SettlementCharge? Pending;

    /// <summary>True if memory has not been told of <see cref="Base"/>.</summary>
    public bool IsFresh;

    /// <summary>
    /// False if memory had no room for <see cref="Base"/>, so that its state says nothing of this bucket.
    /// </summary>
    public bool IsInMemory;

    public readonly bool IsEmpty => Hash == 0;

    /// <summary>Begins to know the bucket of a limit.</summary>
    public static KnownBucket Of(UInt128 hash, in LimitSet limits) => new() { Hash = hash, Limits = limits.Lean() };

    /// <summary>True if something spent here is not known to be in the primary.</summary>
    public readonly bool Owes => Spent != 0 || Pending is not null;

    public readonly Limit Limit => Limits.First;

    /// <summary>True if the primary was known to hold more than that.</summary>
    public readonly bool HoldsMoreThan(BucketState state, in StoreTime time) => LevelOf(Base, time) > LevelOf(state, time);

    /// <summary>Learns the primary's state, which is complete.</summary>
    public void Learn(in LimitSet limits, BucketState known, in StoreTime time)
    {
        Follow(limits);
        (Base, IsFresh, HeardUs) = (known, true, time.NowUs);
    }

    /// <summary>
    /// Learns the primary's state with the last charge in it. What was spent since then stays spent in memory.
    /// </summary>
    public void LearnSettled(SettlementCharge charge, BucketState known, MemoryStore memory, in StoreTime time)
    {
        if (!charge.Quota.Rate.Equals(Limit.Quota.Rate))
            known = Limit.Quota.Adopt(known, charge.Quota.Rate, time);
        if (Spent != 0 && IsInMemory)
        {
            var own = memory.StateOf(Limits, Limit, Hash);
            long since = LevelOf(own, time) - LevelOf(Base, time);
            memory.Know(Limits, Limit, Hash, known with { Spent = TokenBucket.Bounded(known.Spent, since) });
        }

        (Base, IsFresh, HeardUs) = (known, Spent == 0, time.NowUs);
    }

    /// <summary>Has memory begin where the primary stood. The limit may have other numbers than before.</summary>
    public void Prepare(in LimitSet limits, MemoryStore memory, in StoreTime time)
    {
        var before = Limit.Quota.Rate;
        Follow(limits);
        var rate = Limit.Quota.Rate;
        if (!before.Equals(rate))
        {
            Base = Limit.Quota.Adopt(Base, before, time);
            Spent = Math.Sign(Spent) * TokenBucket.Rescale(Math.Abs(Spent), before.UnitsPerToken, rate.UnitsPerToken);
        }

        if (IsFresh)
            IsInMemory = memory.Know(limits, Limit, Hash, Base);
        (IsFresh, HeardUs) = (false, time.NowUs);
    }

    /// <summary>The limit, or how its tenant is listed, may have changed. All requests for the bucket name it alike.</summary>
    public void Follow(in LimitSet limits)
    {
        bool isSame = ReferenceEquals(limits.Plan, Limits.Plan) && limits.Applying == Limits.Applying && limits.TenantIsListed == Limits.TenantIsListed;
        if (!isSame)
            Limits = limits.Lean();
    }

    /// <summary>Counts units that memory spent, or gave back.</summary>
    public void Spend(Int128 units) => Spent = (long)Int128.Clamp(Spent + units, -Quota.ExactLimit, Quota.ExactLimit);

    /// <summary>Makes a charge for what was spent here, if anything has not come back.</summary>
    /// <param name="own">Memory's state.</param>
    /// <param name="time">The clock of memory.</param>
    /// <param name="share">The outage share that was spent from.</param>
    /// <param name="returnedUs">When the first instance came back to the primary.</param>
    /// <param name="id">The charge's name.</param>
    public void Owe(BucketState own, in StoreTime time, Share share, long returnedUs, UInt128 id)
    {
        long units = Owed(own, time, share, returnedUs);
        if (units != 0)
            Pending = new SettlementCharge(Hash, SettlementCharge.AloneAndPlain(Limits, Limit), units, id) { Known = Base, OwedUs = time.NowUs, WindowEnd = WindowEndOf(own, time) };
        (Base, Spent, SettledUs) = (own, 0, time.NowUs);
    }

    /// <summary>
    /// Returns the command that restores what the primary was known to hold; null if that is nothing.
    /// </summary>
    public readonly StoreAsk? ToRestore(in StoreTime time)
    {
        var (limits, state) = Pending is { } charge ? (charge.Limits, charge.Known) : (Limits, Base);
        long level = LevelOf(limits.First.Quota, state, time);
        return level == 0 ? null : SettlementCharge.Restore(limits, level);
    }

    private readonly long Owed(BucketState own, in StoreTime time, Share share, long returnedUs)
    {
        if (Spent < 0)
            return Math.Max(Spent, -LevelOf(Base, time));
        if (!IsInMemory)
            return Spent;
        Int128 units = LevelOf(own, time) - LevelOf(Base, time);
        if (Limit.Quota is TokenQuota { Rate: var rate } && !share.IsWhole)
        {
            // Since the first came back, the whole bucket drains in the primary, while this share of it was still handed out here.
            long sinceUs = Math.Max(0, time.NowUs - Math.Max(returnedUs, SettledUs));
            units += (Int128)((sinceUs + rate.TickUs - 1) / rate.TickUs) * rate.UnitsPerTick;
        }

        int instances = Math.Max(1, share.Instances);
        return (long)Int128.Clamp((units + instances - 1) / instances, 0, Spent);
    }

    private readonly long WindowEndOf(BucketState own, in StoreTime time) => Limit.Quota is WindowQuota window ? window.Now(own, time).At : 0;

    private readonly long LevelOf(BucketState state, in StoreTime time) => LevelOf(Limit.Quota, state, time);

    private static long LevelOf(Quota quota, BucketState state, in StoreTime time) =>
        quota is WindowQuota window ? window.Now(state, time).Spent : TokenBucket.SpentAt(quota.Rate, state, time.NowUs);
}
