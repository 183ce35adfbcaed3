namespace Weir;

// The operations on the buckets of a command, while their sets are locked.
internal sealed unsafe partial class BucketTransaction
{
    private StoreFault Decide(
        MemoryStore store, in LimitSet limits, BucketOperation what, long[]? onlyEnds, in StoreTime time, out BucketOutcome outcome)
    {
        outcome = AskAll(store, limits, time);
        if (what == BucketOperation.Take && outcome == BucketOutcome.Allowed)
            return Spend(store, limits, time, out outcome);
        if (what is BucketOperation.Take or BucketOperation.Check)
        {
            SpendNothing(insist: what == BucketOperation.Take);
            return StoreFault.None;
        }

        // No limit refuses a charge or a reset.
        outcome = BucketOutcome.Allowed;
        if (what == BucketOperation.Charge)
            return Charge(store, limits, onlyEnds, time);
        Reset(store, limits, time);
        return StoreFault.None;
    }

    private BucketOutcome AskAll(MemoryStore store, in LimitSet limits, in StoreTime time)
    {
        var worst = BucketOutcome.Allowed;
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            var state = claim.Before = StateOf(store, limits, claim, time);
            claim.IsShared = claim.Slot.IsNone && !claim.IsPermits && state.Spent > 0;
            bool isLeast = claim.Limit.IsLeast(claim.Cost);
            var outcome = limits.Share.Take(claim.Limit.Quota, ref state, time, claim.Cost, isLeast);
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
        return store.Permits.StateLocked(claim.Hash, time.NowUs, claim.Limit.Cost, capacity);
    }

    // Spends an allowed take. Takes it back if a shared bucket refuses, or without room. Buckets with slots come first:
    // a new bucket must not get the slot of an empty bucket that is about to be written.
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
            // A cost of 0 writes nothing, so an unspent bucket gets no slot.
            if (claim.IsSpent || claim.Line.Outcome != BucketOutcome.Allowed || claim.Cost == 0)
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

    /// <summary>Discards the spending of all limits after a check or a refusal. A take writes its refusals.</summary>
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

    /// <summary>Resets all buckets. Empties a shared bucket for all its keys: the part of each is unknown.</summary>
    private void Reset(MemoryStore store, in LimitSet limits, in StoreTime time)
    {
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            claim.Line = new BucketLine(BucketOutcome.Allowed, new BucketState(0, claim.IsPermits ? 0 : time.NowUs));
            if (claim.IsPermits)
                store.Permits.ClearLocked(claim.Hash);
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
            var drained = claim.Before;
            long cost = limits.Share.CostOf(claim.Cost);
            if (claim.IsPermits)
                state = Release(store, limits, claim, time);
            else if (!IsOver(claim.Limit.Quota, state, time, cost, onlyEnds?[i] ?? 0))
            {
                claim.Limit.Quota.Charge(ref state, time, cost);
                claim.Limit.Quota.Charge(ref drained, time, 0);
            }

            claim.IsChanged = state.Spent != drained.Spent;
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

    /// <summary>Returns true if a refund is for an ended window: the next window does not get it.</summary>
    private static bool IsOver(Quota quota, BucketState state, in StoreTime time, long cost, long onlyEnd) =>
        cost < 0 && onlyEnd != 0 && quota is WindowQuota window && window.Now(state, time).At != onlyEnd;

    private static bool ChargeNew(MemoryStore store, in LimitSet limits, ref Claim claim, in StoreTime time) =>
        (claim.Before.Spent == 0 && (claim.Line.State.Spent == 0 || TryAdd(store, limits, ref claim)))
        || store.Overflow.TryCharge(store, limits, claim.Limit, claim.Hash, time, limits.Share.CostOf(claim.Cost));

    private static bool TryAdd(MemoryStore store, in LimitSet limits, ref Claim claim)
    {
        var part = store.Buckets.PartOf(limits.TenantIsListed);
        claim.Slot = part.Add(claim.Head, claim.Line.State, claim.Limit.Quota.Rate.Id, store.Clock);
        return !claim.Slot.IsNone;
    }

    private static UInt128 HolderOf(in LimitSet limits) => limits.Holder?.Id ?? 0;

    private static BucketState Release(MemoryStore store, in LimitSet limits, in Claim claim, in StoreTime time)
    {
        store.Permits.RemoveLocked(claim.Hash, HolderOf(limits));
        return StateOf(store, limits, claim, time);
    }

    private static StoreFault Hold(MemoryStore store, in LimitSet limits, ref Claim claim, in StoreTime time)
    {
        long untilUs = time.NowUs + limits.LeaseUs((ConcurrencyQuota)claim.Limit.Quota);
        if (!store.Permits.TryAddLocked(claim.Hash, HolderOf(limits), untilUs, time.NowUs, Shares.NameOf(limits)))
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
                store.Permits.RemoveLocked(claim.Hash, HolderOf(limits));
            else if (claim.Slot.IsNone)
                store.Overflow.TryCharge(store, limits, claim.Limit, claim.Hash, time, -limits.Share.CostOf(claim.Cost));
            else
                claim.Put();
        }
    }
}
