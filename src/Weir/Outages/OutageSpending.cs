namespace Weir;

// This instance's spending from one bucket without the primary. In _own, each cost counts N times, so an N-th of _own
// minus _base is the undrained spending, which is settled. Memory's bucket does not count: full memory merges buckets.
internal sealed class OutageSpending
{
    private readonly MemoryStore _memory;
    private readonly UInt128 _hash;

    /// <summary>The primary's last known state; after a charge, <see cref="_own"/> at that time.</summary>
    private BucketState _base;

    /// <summary><see cref="_base"/> plus the later spending. Both are on memory's clock.</summary>
    private BucketState _own;
    private long _settledUs;

    /// <summary>True if <see cref="_base"/> comes from the primary.</summary>
    private bool _isHeard;

    /// <summary>Refunds that were not spent again, on memory's clock. They drain as the bucket does.</summary>
    private BucketState _givenBack;

    /// <summary>Starts memory's bucket at the primary's state; without one, starts from memory's state.</summary>
    public OutageSpending(MemoryStore memory, in LimitSet limits, BucketState? heard)
    {
        _memory = memory;
        _hash = BucketHash.Of(limits.Facts, limits.First, memory.Seed);
        _isHeard = heard is not null;
        _base = _own = heard ?? memory.StateOf(limits, limits.First, _hash);
        if (_isHeard)
            memory.Know(limits, limits.First, _hash, _own);
    }

    /// <summary>Spending in units that is not in a charge yet, less refunds; may be negative.</summary>
    public long Units { get; private set; }

    public SettlementCharge? Pending { get; private set; }

    public bool Owes => Units != 0 || Pending is not null;

    public void Adopt(Quota quota, RefillRate before, in StoreTime time)
    {
        if (before.Equals(quota.Rate))
            return;
        (_base, _own) = (quota.Adopt(_base, before, time), quota.Adopt(_own, before, time));
        _givenBack = quota.Adopt(_givenBack, before, time);
        Units = Math.Sign(Units) * TokenBucket.Rescale(Math.Abs(Units), before.UnitsPerToken, quota.Rate.UnitsPerToken);
    }

    public void Spend(Quota quota, long tokens, Share share, in StoreTime time)
    {
        var units = Net(quota, share, time) + (tokens * (Int128)quota.Rate.UnitsPerToken);
        Units = (long)Int128.Clamp(units, -Quota.ExactLimit, Quota.ExactLimit);
        quota.Charge(ref _own, time, share.CostOf(tokens));
        long at = quota is WindowQuota window ? window.Now(default, time).At : time.NowUs;
        _givenBack = new BucketState(Math.Max(0, -Units), at);
        Units = Net(quota, share, time);
    }

    /// <summary>Discards the spending and its charge, which must not follow the reset in the primary.</summary>
    public void Reset(BucketState own) => (Units, Pending, _base, _own) = (0, null, own, own);

    public void Close() => Pending = null;

    /// <summary>Turns the undrained spending into a charge. Times are by memory's clock.</summary>
    public void Owe(in LimitSet limits, UInt128 id, Share share, long returnedUs, in StoreTime time)
    {
        var quota = limits.First.Quota;
        long units = Owed(quota, share, returnedUs, time);
        if (units != 0)
        {
            long windowEnd = quota is WindowQuota window ? window.Now(_own, time).At : 0;
            var plain = SettlementCharge.AloneAndPlain(limits, limits.First);
            Pending = new SettlementCharge(plain, units, id) { Known = _base, OwedUs = time.NowUs, WindowEnd = windowEnd };
        }

        (_base, Units, _settledUs) = (_own, 0, time.NowUs);
    }

    /// <summary>Learns the primary's state after the last charge, and adds the spending since that charge.</summary>
    public void LearnSettled(in LimitSet limits, BucketState known, in StoreTime time)
    {
        var quota = limits.First.Quota;
        long since = KnownBucket.LevelOf(quota, _own, time) - KnownBucket.LevelOf(quota, _base, time);
        _own = known with { Spent = TokenBucket.Bounded(known.Spent, since) };
        _memory.Know(limits, limits.First, _hash, _own);
        (_base, _isHeard) = (known, true);
    }

    public (LimitSet Limits, BucketState State) Known(in LimitSet limits) => Pending is { } charge ? (charge.Limits, charge.Known) : (limits, _base);

    // Limits a refund to the primary's known level. If that may lack spending (peers, no reply yet), keeps at least the
    // undrained refunds.
    private long Net(Quota quota, Share share, in StoreTime time)
    {
        if (Units >= 0)
            return Units;
        bool isAllKnown = _isHeard && share.IsWhole;
        long held = Math.Min(-Units, KnownBucket.LevelOf(quota, _base, time));
        return -(isAllKnown ? held : Math.Max(held, KnownBucket.LevelOf(quota, _givenBack, time)));
    }

    private long Owed(Quota quota, Share share, long returnedUs, in StoreTime time)
    {
        if (Units < 0)
            return Net(quota, share, time);
        Int128 units = KnownBucket.LevelOf(quota, _own, time) - KnownBucket.LevelOf(quota, _base, time);
        if (quota is TokenQuota { Rate: var rate } && !share.IsWhole)
        {
            // Adds the refill since the first return: the primary drained the bucket without this spending.
            long sinceUs = Math.Max(0, time.NowUs - Math.Max(returnedUs, _settledUs));
            units += (Int128)((sinceUs + rate.TickUs - 1) / rate.TickUs) * rate.UnitsPerTick;
        }

        int instances = Math.Max(1, share.Instances);
        return (long)Int128.Clamp((units + instances - 1) / instances, 0, Units);
    }
}
