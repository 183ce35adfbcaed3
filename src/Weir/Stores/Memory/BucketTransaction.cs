namespace Weir;

/// <summary>
/// A decision over several buckets in memory, all or nothing (law L2): their shards are locked in the order of their numbers, all are asked, and
/// only when every limit that is enforced allows is anything written.
/// </summary>
/// <remarks>One for each thread, so that a decision allocates no more than its answer. Not for use by two threads.</remarks>
internal sealed unsafe class BucketTransaction
{
    [ThreadStatic]
    private static BucketTransaction? _ofThisThread;

    private readonly Claim[] _claims = [.. Enumerable.Range(0, Plan.MaxLimits).Select(_ => new Claim())];
    private readonly SlotShard?[] _held = new SlotShard?[Plan.MaxLimits];
    private int _count;

    /// <summary>What the decision wants of one bucket.</summary>
    private sealed class Claim
    {
        public Limit Limit = null!;
        public UInt128 Hash;
        public SlotShard Shard = null!;
        public Slot* Slot;
        public BucketState Before;
        public BucketLine Line;
        public Ask Ask;

        /// <summary>What is charged without asking, and what is given back of what was spent.</summary>
        public long Charge;
        public bool IsShared;
        public bool IsSpent;

        public bool IsPlaces => Limit.Quota is ConcurrencyQuota;
    }

    public static BucketTransaction OfThisThread() => _ofThisThread ??= new BucketTransaction();

    public BucketAnswer Answer(MemoryStore store, in StoreAsk ask)
    {
        var time = store.TimeFor(ask.Limits.Plan);
        MakeClaims(store, ask, time);
        if (ask.Limits.Plan.HasPlaces)
            store.Places.Gate.Enter();
        Lock();
        try
        {
            return Answer(store, ask, time);
        }
        finally
        {
            Unlock();
            if (ask.Limits.Plan.HasPlaces)
                store.Places.Gate.Exit();
        }
    }

    private BucketAnswer Answer(MemoryStore store, in StoreAsk ask, in StoreTime time)
    {
        var outcome = AskAll(store, ask.Limits, time);
        var fault = StoreFault.None;
        if (ask.What is StoreVerb.Charge or StoreVerb.Raise)
            fault = Charge(store, ask, time);
        else if (ask.What == StoreVerb.Reset)
            Reset(store, ask.Limits, time);
        else if (outcome != BucketOutcome.Allowed)
            SpendNothing(ask.What);
        else if (ask.What == StoreVerb.Take)
            fault = Spend(store, ask.Limits, time, out outcome);
        return fault == StoreFault.None ? Answer(ask.Limits, outcome, time) : BucketAnswer.Failed(fault);
    }

    private void MakeClaims(MemoryStore store, in StoreAsk ask, in StoreTime time)
    {
        var limits = ask.Limits;
        _count = 0;
        foreach (var limit in limits)
        {
            var claim = _claims[_count++];
            claim.Limit = limit;
            claim.Hash = BucketHash.Of(limits.Facts, limit, store.Seed);
            claim.Shard = store.Buckets.ShardOf(claim.Hash);
            claim.Ask = new Ask(limits, limit, time, ask.What);
            claim.Charge = claim.IsPlaces ? claim.Ask.Cost : limits.Share.CostOf(claim.Ask.Cost);
            claim.IsShared = false;
            claim.Slot = null;
            if (!claim.IsPlaces)
                claim.Shard.Prefetch(claim.Hash, limits.TenantIsListed);
        }
    }

    /// <summary>Whoever locks in the same order never waits for one who waits for him.</summary>
    private void Lock()
    {
        for (int i = 0; i < _count; i++)
            _held[i] = _claims[i].IsPlaces ? null : _claims[i].Shard;
        Array.Sort(_held, 0, _count, ByNumber.Instance);
        SlotShard? last = null;
        for (int i = 0; i < _count; i++)
        {
            if (_held[i] is not { } shard)
                continue;
            if (shard == last)
                _held[i] = null;
            else
                shard.Gate.Enter();
            last = shard;
        }
    }

    private void Unlock()
    {
        for (int i = 0; i < _count; i++)
            _held[i]?.Gate.Exit();
    }

    /// <summary>Asks every bucket, and spends nothing.</summary>
    private BucketOutcome AskAll(MemoryStore store, in LimitSet limits, in StoreTime time)
    {
        var worst = BucketOutcome.Allowed;
        for (int i = 0; i < _count; i++)
        {
            var claim = _claims[i];
            claim.Before = StateOf(store, limits, claim, time);
            var after = claim.Before;
            var outcome = claim.Ask.Take(ref after);
            claim.Line = new BucketLine(outcome, after);
            if (claim.Limit.Mode == LimitMode.Enforce && outcome > worst)
                worst = outcome;
        }

        return worst;
    }

    private static BucketState StateOf(MemoryStore store, in LimitSet limits, Claim claim, in StoreTime time)
    {
        var quota = claim.Limit.Quota;
        if (claim.IsPlaces)
            return store.Places.StateLocked(claim.Hash, time.NowUs, claim.Limit.Cost, limits.Share.IsWhole ? quota.Capacity : Math.Max(claim.Limit.Cost, quota.Capacity / limits.Share.Instances));
        claim.Slot = claim.Shard.FindLocked(claim.Hash, limits.TenantIsListed);
        if (claim.Slot is null)
            return store.StateOfNew(limits, claim.Limit, claim.Hash, time);
        return SlotShard.StateOf(claim.Slot, quota, claim.Slot->RateId == quota.Rate.Id ? time : store.WithWall(time));
    }

    /// <summary>Writes what was allowed. If a bucket has no room, and the one it then shares refuses, what was written is taken back.</summary>
    /// <remarks>Those that are here come first: a new one must not be given the place of one that is as new and about to be written.</remarks>
    private StoreFault Spend(MemoryStore store, in LimitSet limits, in StoreTime time, out BucketOutcome outcome)
    {
        outcome = BucketOutcome.Allowed;
        for (int i = 0; i < _count; i++)
        {
            var claim = _claims[i];
            claim.IsSpent = claim.Slot is not null && claim.Line.Outcome == BucketOutcome.Allowed;
            if (claim.IsSpent)
                claim.Slot->Put(claim.Line.State, claim.Limit.Quota.Rate.Id);
            else
                Insist(claim);
        }

        for (int i = 0; i < _count; i++)
        {
            var claim = _claims[i];
            if (claim.IsSpent || claim.Line.Outcome != BucketOutcome.Allowed)
                continue;
            var fault = claim.IsPlaces ? Hold(store, limits, claim, time) : SpendNew(store, limits, claim, time);
            claim.IsSpent = fault == StoreFault.None && claim.Line.Outcome == BucketOutcome.Allowed;
            if (claim.Limit.Mode == LimitMode.Enforce)
                outcome = claim.Line.Outcome;
            if (fault == StoreFault.None && outcome == BucketOutcome.Allowed)
                continue;
            TakeBack(store, limits, time);
            return fault;
        }

        return StoreFault.None;
    }

    /// <summary>What one limit refused is not spent on the others either.</summary>
    private void SpendNothing(StoreVerb what)
    {
        for (int i = 0; i < _count; i++)
        {
            var claim = _claims[i];
            if (claim.Line.Outcome == BucketOutcome.Allowed)
                claim.Line = claim.Line with { State = claim.Before };
            else if (what == StoreVerb.Take)
                Insist(claim);
        }
    }

    /// <summary>See <see cref="MemoryStore.IsUnsaid"/>.</summary>
    private static void Insist(Claim claim)
    {
        if (claim.Slot is not null && MemoryStore.IsUnsaid(claim.Slot, claim.Line.Outcome, claim.Line.State, claim.Limit.Quota))
            claim.Slot->Put(claim.Line.State, claim.Limit.Quota.Rate.Id);
    }

    /// <summary>A bucket that shares with others is given back what is spent there, since nobody knows whose it is.</summary>
    private void Reset(MemoryStore store, in LimitSet limits, in StoreTime time)
    {
        for (int i = 0; i < _count; i++)
        {
            var claim = _claims[i];
            claim.Line = new BucketLine(BucketOutcome.Allowed, new BucketState(0, claim.IsPlaces ? 0 : time.NowUs));
            if (claim.IsPlaces)
                store.Places.ClearLocked(claim.Hash);
            else if (claim.Slot is not null)
                claim.Slot->Put(claim.Line.State, claim.Limit.Quota.Rate.Id);
            else if (claim.Before.Spent > 0)
                store.TryChargeShared(limits, claim.Limit, claim.Hash, time, -Quota.ExactLimit);
        }
    }

    private StoreFault Charge(MemoryStore store, in StoreAsk ask, in StoreTime time)
    {
        for (int i = 0; i < _count; i++)
        {
            var claim = _claims[i];
            var state = claim.Before;
            if (ask.What == StoreVerb.Raise)
                claim.Limit.Quota.Raise(ref state, time, claim.Charge);
            else if (claim.IsPlaces)
                state = Release(store, ask.Limits, claim, time);
            else if (!IsOver(claim.Limit.Quota, state, time, claim.Charge, ask.OnlyEnds?[i] ?? 0))
                claim.Limit.Quota.Charge(ref state, time, claim.Charge);
            claim.Line = new BucketLine(BucketOutcome.Allowed, state);
        }

        for (int i = 0; i < _count; i++)
        {
            if (_claims[i].Slot is not null)
                _claims[i].Slot->Put(_claims[i].Line.State, _claims[i].Limit.Quota.Rate.Id);
        }

        var fault = StoreFault.None;
        for (int i = 0; i < _count; i++)
        {
            if (_claims[i] is { IsPlaces: false, Slot: null } claim && !ChargeNew(store, ask.Limits, claim, time))
                fault = StoreFault.Full;
        }

        return fault;
    }

    /// <summary>What was spent in a window that is over is not given back to the one that came after it.</summary>
    private static bool IsOver(Quota quota, BucketState state, in StoreTime time, long cost, long onlyEnd) =>
        cost < 0 && onlyEnd != 0 && quota is WindowQuota window && window.Now(state, time).At != onlyEnd;

    /// <summary>Charges a bucket that is not here: it spends on what it shares with others, or is new.</summary>
    private static bool ChargeNew(MemoryStore store, in LimitSet limits, Claim claim, in StoreTime time)
    {
        if (claim.Before.Spent == 0 && claim.Line.State.Spent == 0)
            return true;
        if (claim.Before.Spent == 0 && claim.Shard.AddLocked(BucketHash.WithTenant(claim.Hash, limits, store.Seed), claim.Line.State, claim.Limit.Quota.Rate.Id, store.Clock) is not null)
            return true;
        return store.TryChargeShared(limits, claim.Limit, claim.Hash, time, claim.Charge);
    }

    private static UInt128 HolderOf(in LimitSet limits) => limits.Hold?.Id ?? 0;

    /// <summary>Returns how the limit stands without the holder's permits.</summary>
    private static BucketState Release(MemoryStore store, in LimitSet limits, Claim claim, in StoreTime time)
    {
        store.Places.RemoveLocked(claim.Hash, HolderOf(limits));
        return StateOf(store, limits, claim, time);
    }

    private static StoreFault Hold(MemoryStore store, in LimitSet limits, Claim claim, in StoreTime time)
    {
        if (claim.Ask.Cost == 0)
            return StoreFault.None;
        long untilUs = time.NowUs + limits.LeaseUs((ConcurrencyQuota)claim.Limit.Quota);
        if (!store.Places.TryAddLocked(claim.Hash, HolderOf(limits), untilUs, time.NowUs, Shares.NameOf(limits)))
            return StoreFault.Full;
        var state = new BucketState(claim.Line.State.Spent + claim.Ask.Cost, Math.Max(claim.Line.State.At, untilUs));
        claim.Line = claim.Line with { State = state };
        return StoreFault.None;
    }

    private static StoreFault SpendNew(MemoryStore store, in LimitSet limits, Claim claim, in StoreTime time)
    {
        claim.Slot = claim.Shard.AddLocked(BucketHash.WithTenant(claim.Hash, limits, store.Seed), claim.Line.State, claim.Limit.Quota.Rate.Id, store.Clock);
        if (claim.Slot is not null)
            return StoreFault.None;
        store.CountOverflowed();
        claim.IsShared = true;
        bool decided = store.TryTakeShared(limits, claim.Limit, claim.Hash, claim.Ask, out claim.Line);
        return decided ? StoreFault.None : StoreFault.Full;
    }

    private void TakeBack(MemoryStore store, in LimitSet limits, in StoreTime time)
    {
        for (int i = 0; i < _count; i++)
        {
            var claim = _claims[i];
            if (!claim.IsSpent)
                continue;
            if (claim.IsPlaces)
                store.Places.RemoveLocked(claim.Hash, HolderOf(limits));
            else if (claim.IsShared)
                store.TryChargeShared(limits, claim.Limit, claim.Hash, time, -claim.Charge);
            else
                claim.Slot->Put(claim.Before, claim.Limit.Quota.Rate.Id);
            claim.Line = claim.Line with { State = claim.Before };
        }
    }

    private BucketAnswer Answer(in LimitSet limits, BucketOutcome outcome, in StoreTime time)
    {
        Span<BucketLine> lines = stackalloc BucketLine[Plan.MaxLimits];
        bool hasChanged = false;
        for (int i = 0; i < _count; i++)
        {
            lines[i] = _claims[i].Line;
            hasChanged |= _claims[i].Line.State.Spent != _claims[i].Before.Spent;
        }

        return new BucketAnswer(outcome, lines[.._count], time, DecisionSource.Memory) { Share = limits.Share, HasChanged = hasChanged };
    }

    private sealed class ByNumber : IComparer<SlotShard?>
    {
        public static readonly ByNumber Instance = new();

        public int Compare(SlotShard? x, SlotShard? y) => (x?.Number ?? -1).CompareTo(y?.Number ?? -1);
    }
}
