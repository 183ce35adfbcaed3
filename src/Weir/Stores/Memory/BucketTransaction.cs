using System.Runtime.CompilerServices;

namespace Weir;

/// <summary>
/// A command on the buckets of one or several limits, all or nothing (law L2): their sets of slots are locked together,
/// all buckets are asked, and only if every enforced limit allows is anything written.
/// </summary>
/// <remarks>One per thread, so that a decision allocates nothing but the lines of several limits.</remarks>
internal sealed unsafe class BucketTransaction
{
    [ThreadStatic]
    private static BucketTransaction? _ofThisThread;

    private readonly Claim[] _claims = new Claim[Plan.MaxLimits];
    private readonly SlotLocks _locks = new();
    private int _count;

    /// <summary>The parts of permits that the decision asks, as a mask.</summary>
    private ulong _permitParts;

    /// <summary>What the command wants of one bucket.</summary>
    private struct Claim
    {
        public Limit Limit;
        public UInt128 Hash;

        /// <summary>The bucket's slot; none if the bucket is not in memory, or the limit is a concurrency limit.</summary>
        public SlotRef Slot;

        /// <summary>What a take costs.</summary>
        public long Cost;
        public BucketState Before;
        public BucketLine Line;

        /// <summary>True if the bucket that keys without a slot share has a part in the decision.</summary>
        public bool IsShared;
        public bool IsSpent;

        public readonly bool IsPermits => Limit.Quota is ConcurrencyQuota;

        public readonly ulong Head => BucketHash.HeadOf(Hash);

        public readonly void Put() => Slot.Slot->Put(Line.State, Limit.Quota.Rate.Id);
    }

    public static BucketTransaction OfThisThread() => _ofThisThread ??= new BucketTransaction();

    /// <summary>Executes a command.</summary>
    public BucketAnswer Answer(MemoryStore store, in LimitSet limits, StoreVerb what, long[]? onlyEnds)
    {
        var fault = Execute(store, limits, what, onlyEnds, out var outcome, out var time);
        return fault == StoreFault.None ? Answer(limits.Share, outcome, time) : BucketAnswer.Failed(fault);
    }

    /// <summary>Executes a take or a check, and puts the result into words without a copy of it.</summary>
    public Decision Decide(MemoryStore store, in LimitSet limits, StoreVerb what)
    {
        var fault = Execute(store, limits, what, null, out var outcome, out var time);
        if (fault == StoreFault.None && _count == 1 && _claims[0].Limit.Mode == LimitMode.Enforce)
            return Decision.OfMemory(limits, _claims[0].Limit, _claims[0].Line, time);
        return DecideMany(limits, fault, outcome, time);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Decision DecideMany(in LimitSet limits, StoreFault fault, BucketOutcome outcome, in StoreTime time) =>
        Decision.From(limits, fault == StoreFault.None ? Answer(limits.Share, outcome, time) : BucketAnswer.Failed(fault));

    private StoreFault Execute(
        MemoryStore store, in LimitSet limits, StoreVerb what, long[]? onlyEnds, out BucketOutcome outcome, out StoreTime time)
    {
        MakeClaims(store, limits);
        time = store.TimeFor(limits.Plan);
        store.Places.Enter(_permitParts);
        LockSlots(store, limits.TenantIsListed);
        StoreFault fault;
        try
        {
            fault = Decide(store, limits, what, onlyEnds, time, out outcome);
        }
        finally
        {
            _locks.Exit();
            store.Places.Exit(_permitParts);
        }

        for (int i = 0; i < _count; i++)
        {
            if (_claims[i].IsShared)
            {
                store.CountOverflowed();
                break;
            }
        }

        return fault;
    }

    /// <summary>Returns how one bucket stands.</summary>
    public BucketState StateOf(MemoryStore store, in LimitSet limits, Limit limit, UInt128 hash)
    {
        MakeClaim(store, limits, limit, hash);
        LockSlots(store, limits.TenantIsListed);
        var state = StateOf(store, limits, _claims[0], store.Time);
        _locks.Exit();
        return state;
    }

    /// <summary>Sets the state of one bucket. False if there is no slot for it, so that it begins as new.</summary>
    public bool Know(MemoryStore store, in LimitSet limits, Limit limit, UInt128 hash, BucketState state)
    {
        MakeClaim(store, limits, limit, hash);
        LockSlots(store, limits.TenantIsListed);
        ref var claim = ref _claims[0];
        claim.Line = new BucketLine(BucketOutcome.Allowed, state);
        bool hasRoom = true;
        if (!claim.Slot.IsNone)
            claim.Put();
        else if (state.Spent > 0)
            hasRoom = TryAdd(store, limits, ref claim);
        _locks.Exit();
        return hasRoom;
    }

    private void MakeClaims(MemoryStore store, in LimitSet limits)
    {
        (_count, _permitParts) = (0, 0);
        foreach (var limit in limits)
            AddClaim(store, limits, limit, BucketHash.Of(limits.Facts, limit, store.Seed));
    }

    private void MakeClaim(MemoryStore store, in LimitSet limits, Limit limit, UInt128 hash)
    {
        _count = 0;
        AddClaim(store, limits, limit, hash);
    }

    private void AddClaim(MemoryStore store, in LimitSet limits, Limit limit, UInt128 hash)
    {
        ref var claim = ref _claims[_count++];
        (claim.Limit, claim.Hash, claim.Slot) = (limit, hash, default);
        (claim.IsShared, claim.IsSpent) = (false, false);
        claim.Cost = limit.CostOf(limits.Facts.Cost);
        if (claim.IsPermits)
            _permitParts |= PlaceTable.PartOf(claim.Hash);
        else
            store.Buckets.OpenPartOf(limits.TenantIsListed).Prefetch(claim.Head);
    }

    private void LockSlots(MemoryStore store, bool isListed)
    {
        for (bool all = false; !TryLockSlots(store.Buckets.PartOf(isListed), store.Buckets.PartOf(!isListed), all); all = true)
            _locks.Exit();
    }

    /// <summary>
    /// Locks the sets in which the buckets are, and both sets in both parts of each bucket that is not in memory. False
    /// if a bucket has come, or has gone, before its set was locked.
    /// </summary>
    private bool TryLockSlots(SlotPart own, SlotPart other, bool all)
    {
        bool otherIsOpen = other.IsOpen;
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            if (claim.IsPermits)
                continue;
            claim.Slot = all ? default : own.Find(claim.Head);
            if (claim.Slot.IsNone && !all && otherIsOpen)
                claim.Slot = other.Find(claim.Head);
            if (!claim.Slot.IsNone)
            {
                _locks.Add(claim.Slot.Set);
                continue;
            }

            _locks.Add(own, claim.Head);
            if (otherIsOpen)
                _locks.Add(other, claim.Head);
        }

        _locks.Enter();
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            if (!claim.Slot.IsNone && claim.Slot.Head != claim.Head)
                return false;
            if (!claim.Slot.IsNone || claim.IsPermits)
                continue;
            claim.Slot = own.Find(claim.Head);
            if (claim.Slot.IsNone && otherIsOpen)
                claim.Slot = other.Find(claim.Head);
            // A tenant that has just become listed, or is listed no more, may have got a bucket there meanwhile.
            if (claim.Slot.IsNone && otherIsOpen != other.IsOpen)
                return false;
        }

        return true;
    }

    private StoreFault Decide(
        MemoryStore store, in LimitSet limits, StoreVerb what, long[]? onlyEnds, in StoreTime time, out BucketOutcome outcome)
    {
        outcome = AskAll(store, limits, time);
        if (what == StoreVerb.Take && outcome == BucketOutcome.Allowed)
            return Spend(store, limits, time, out outcome);
        if (what == StoreVerb.Charge)
            return Charge(store, limits, onlyEnds, time);
        if (what == StoreVerb.Reset)
            Reset(store, limits, time);
        else
            SpendNothing(insist: what == StoreVerb.Take);
        return StoreFault.None;
    }

    /// <summary>Asks every bucket, and writes nothing.</summary>
    private BucketOutcome AskAll(MemoryStore store, in LimitSet limits, in StoreTime time)
    {
        var worst = BucketOutcome.Allowed;
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            var state = claim.Before = StateOf(store, limits, claim, time);
            claim.IsShared = claim.Slot.IsNone && !claim.IsPermits && state.Spent > 0;
            var outcome = limits.Share.Take(claim.Limit.Quota, ref state, time, claim.Cost, limits.Facts.Cost <= 1);
            claim.Line = new BucketLine(outcome, state);
            if (claim.Limit.Mode == LimitMode.Enforce && outcome > worst)
                worst = outcome;
        }

        return worst;
    }

    private static BucketState StateOf(MemoryStore store, in LimitSet limits, in Claim claim, in StoreTime time)
    {
        var quota = claim.Limit.Quota;
        if (!claim.Slot.IsNone)
            return claim.Slot.Slot->StateUnder(quota, store.Clock, time);
        if (!claim.IsPermits)
            return store.Overflow.StateOf(store, limits, claim.Limit, claim.Hash, time);
        long capacity = limits.Share.IsWhole ? quota.Capacity : Math.Max(claim.Limit.Cost, quota.Capacity / limits.Share.Instances);
        return store.Places.StateLocked(claim.Hash, time.NowUs, claim.Limit.Cost, capacity);
    }

    /// <summary>Writes what was allowed. If a bucket has no slot, and the one it then shares refuses, takes all of it back.</summary>
    /// <remarks>Buckets in memory come first: a new one must not get the slot of one that is as new and about to be written.</remarks>
    private StoreFault Spend(MemoryStore store, in LimitSet limits, in StoreTime time, out BucketOutcome outcome)
    {
        outcome = BucketOutcome.Allowed;
        int missing = 0;
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            missing += claim.Slot.IsNone ? 1 : 0;
            if (claim.Slot.IsNone)
                continue;
            claim.Slot.Slot->PutTaken(claim.Line.Outcome, claim.Line.State, claim.Limit.Quota);
            claim.IsSpent = claim.Line.Outcome == BucketOutcome.Allowed;
        }

        for (int i = 0; missing > 0 && i < _count; i++)
        {
            ref var claim = ref _claims[i];
            if (claim.IsSpent || claim.Line.Outcome != BucketOutcome.Allowed)
                continue;
            var fault = claim.IsPermits ? Hold(store, limits, ref claim, time) : SpendNew(store, limits, ref claim, time);
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
    private void SpendNothing(bool insist)
    {
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            if (claim.Line.Outcome == BucketOutcome.Allowed || !insist)
                claim.Line = claim.Line with { State = claim.Before };
            else if (!claim.Slot.IsNone)
                claim.Slot.Slot->PutTaken(claim.Line.Outcome, claim.Line.State, claim.Limit.Quota);
        }
    }

    /// <summary>A bucket that others share is given back all of it: nobody knows who has spent what.</summary>
    private void Reset(MemoryStore store, in LimitSet limits, in StoreTime time)
    {
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            claim.Line = new BucketLine(BucketOutcome.Allowed, new BucketState(0, claim.IsPermits ? 0 : time.NowUs));
            if (claim.IsPermits)
                store.Places.ClearLocked(claim.Hash);
            else if (!claim.Slot.IsNone)
                claim.Put();
            else if (claim.Before.Spent > 0)
                store.Overflow.TryCharge(store, limits, claim.Limit, claim.Hash, time, -Quota.ExactLimit);
        }
    }

    private StoreFault Charge(MemoryStore store, in LimitSet limits, long[]? onlyEnds, in StoreTime time)
    {
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            var state = claim.Before;
            long cost = limits.Share.CostOf(claim.Cost);
            if (claim.IsPermits)
                state = Release(store, limits, claim, time);
            else if (!IsOver(claim.Limit.Quota, state, time, cost, onlyEnds?[i] ?? 0))
                claim.Limit.Quota.Charge(ref state, time, cost);
            claim.Line = new BucketLine(BucketOutcome.Allowed, state);
            if (!claim.Slot.IsNone)
                claim.Put();
        }

        var fault = StoreFault.None;
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            if (claim.Slot.IsNone && !claim.IsPermits && !ChargeNew(store, limits, ref claim, time))
                fault = StoreFault.Full;
        }

        return fault;
    }

    /// <summary>What was spent in a window that is over is not given back to the one that came after it.</summary>
    private static bool IsOver(Quota quota, BucketState state, in StoreTime time, long cost, long onlyEnd) =>
        cost < 0 && onlyEnd != 0 && quota is WindowQuota window && window.Now(state, time).At != onlyEnd;

    /// <summary>Charges a bucket that is not in memory: it spends from the bucket that it shares, or is new.</summary>
    private static bool ChargeNew(MemoryStore store, in LimitSet limits, ref Claim claim, in StoreTime time) =>
        (claim.Before.Spent == 0 && (claim.Line.State.Spent == 0 || TryAdd(store, limits, ref claim)))
        || store.Overflow.TryCharge(store, limits, claim.Limit, claim.Hash, time, limits.Share.CostOf(claim.Cost));

    private static bool TryAdd(MemoryStore store, in LimitSet limits, ref Claim claim)
    {
        var part = store.Buckets.PartOf(limits.TenantIsListed);
        claim.Slot = part.Add(claim.Head, claim.Line.State, claim.Limit.Quota.Rate.Id, store.Clock);
        return !claim.Slot.IsNone;
    }

    private static UInt128 HolderOf(in LimitSet limits) => limits.Hold?.Id ?? 0;

    /// <summary>Returns how the limit stands without the holder's permits.</summary>
    private static BucketState Release(MemoryStore store, in LimitSet limits, in Claim claim, in StoreTime time)
    {
        store.Places.RemoveLocked(claim.Hash, HolderOf(limits));
        return StateOf(store, limits, claim, time);
    }

    private static StoreFault Hold(MemoryStore store, in LimitSet limits, ref Claim claim, in StoreTime time)
    {
        if (claim.Cost == 0)
            return StoreFault.None;
        long untilUs = time.NowUs + limits.LeaseUs((ConcurrencyQuota)claim.Limit.Quota);
        if (!store.Places.TryAddLocked(claim.Hash, HolderOf(limits), untilUs, time.NowUs, Shares.NameOf(limits)))
            return StoreFault.Full;
        var state = new BucketState(claim.Line.State.Spent + claim.Cost, Math.Max(claim.Line.State.At, untilUs));
        claim.Line = claim.Line with { State = state };
        return StoreFault.None;
    }

    private static StoreFault SpendNew(MemoryStore store, in LimitSet limits, ref Claim claim, in StoreTime time)
    {
        if (TryAdd(store, limits, ref claim))
            return StoreFault.None;
        claim.IsShared = true;
        if (store.Overflow.TryTake(store, limits, claim.Limit, claim.Hash, time, out claim.Line))
            return StoreFault.None;
        store.CountFull();
        return StoreFault.Full;
    }

    private void TakeBack(MemoryStore store, in LimitSet limits, in StoreTime time)
    {
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            if (!claim.IsSpent)
                continue;
            claim.Line = claim.Line with { State = claim.Before };
            if (claim.IsPermits)
                store.Places.RemoveLocked(claim.Hash, HolderOf(limits));
            else if (claim.Slot.IsNone)
                store.Overflow.TryCharge(store, limits, claim.Limit, claim.Hash, time, -limits.Share.CostOf(claim.Cost));
            else
                claim.Put();
        }
    }

    private BucketAnswer Answer(Share share, BucketOutcome outcome, in StoreTime time)
    {
        bool hasChanged = false;
        for (int i = 0; i < _count; i++)
            hasChanged |= _claims[i].Line.State.Spent != _claims[i].Before.Spent;
        return new BucketAnswer(outcome, _claims[0].Line, OtherLines(), time, share, hasChanged);
    }

    private BucketLine[]? OtherLines()
    {
        if (_count <= 1)
            return null;
        var others = new BucketLine[_count - 1];
        for (int i = 0; i < others.Length; i++)
            others[i] = _claims[i + 1].Line;
        return others;
    }
}
