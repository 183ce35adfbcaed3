using System.Runtime.CompilerServices;

namespace Weir;

// Executes a command on all its buckets or none (law L2): locks their sets, reads all buckets, then writes. Each thread
// reuses one object, so a decision allocates only the lines of several limits.
internal sealed unsafe partial class BucketTransaction
{
    [ThreadStatic]
    private static BucketTransaction? _ofThisThread;

    private readonly Claim[] _claims = new Claim[Plan.MaxLimits];
    private readonly SlotLocks _locks = new();
    private int _count;

    /// <summary>Parts of the permit table that the command locks, as a mask.</summary>
    private ulong _permitParts;

    private struct Claim
    {
        public Limit Limit;
        public UInt128 Hash;

        /// <summary>Slot of the bucket; none for a concurrency limit, or if the bucket is not in memory.</summary>
        public SlotRef Slot;

        public long Cost;
        public BucketState Before;
        public BucketLine Line;

        /// <summary>True if the key has no slot, so that a shared bucket decides.</summary>
        public bool IsShared;
        public bool IsSpent;

        /// <summary>True if a charge changed the bucket beyond draining.</summary>
        public bool IsChanged;

        public readonly bool IsPermits => Limit.Quota is ConcurrencyQuota;

        public readonly ulong Head => BucketHash.HeadOf(Hash);

        public readonly void Put() => Slot.Slot->Put(Line.State, Limit.Quota.Rate.Id);
    }

    public static BucketTransaction OfThisThread() => _ofThisThread ??= new BucketTransaction();

    public BucketResult Answer(MemoryStore store, in LimitSet limits, BucketOperation what, long[]? onlyEnds)
    {
        var fault = Execute(store, limits, what, onlyEnds, out var outcome, out var time);
        return fault == StoreFault.None ? Answer(limits.Share, outcome, time) : BucketResult.Failed(fault);
    }

    public Decision Decide(MemoryStore store, in LimitSet limits, BucketOperation what)
    {
        var fault = Execute(store, limits, what, null, out var outcome, out var time);
        if (fault == StoreFault.None && _count == 1 && limits.Denied == 0 && _claims[0].Limit.Mode == LimitMode.Enforce)
            return Decision.OfMemory(limits, _claims[0].Limit, _claims[0].Line, time);
        return DecideMany(limits, fault, outcome, time);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Decision DecideMany(in LimitSet limits, StoreFault fault, BucketOutcome outcome, in StoreTime time) =>
        Decision.From(limits, fault == StoreFault.None ? Answer(limits.Share, outcome, time) : BucketResult.Failed(fault));

    private StoreFault Execute(
        MemoryStore store, in LimitSet limits, BucketOperation what, long[]? onlyEnds, out BucketOutcome outcome, out StoreTime time)
    {
        MakeClaims(store, limits);
        time = store.TimeFor(limits.Plan);
        store.Permits.Enter(_permitParts);
        LockSlots(store.Buckets, limits.TenantIsListed);
        StoreFault fault;
        try
        {
            fault = Decide(store, limits, what, onlyEnds, time, out outcome);
        }
        finally
        {
            _locks.Exit();
            store.Permits.Exit(_permitParts);
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

    public BucketState StateOf(MemoryStore store, in LimitSet limits, Limit limit, UInt128 hash)
    {
        MakeClaim(store, limits, limit, hash);
        LockSlots(store.Buckets, limits.TenantIsListed);
        try
        {
            return StateOf(store, limits, _claims[0], store.Time);
        }
        finally
        {
            _locks.Exit();
        }
    }

    public bool Know(MemoryStore store, in LimitSet limits, Limit limit, UInt128 hash, BucketState state)
    {
        MakeClaim(store, limits, limit, hash);
        LockSlots(store.Buckets, limits.TenantIsListed);
        try
        {
            ref var claim = ref _claims[0];
            claim.Line = new BucketLine(BucketOutcome.Allowed, state);
            if (!claim.Slot.IsNone)
                claim.Put();
            return !claim.Slot.IsNone || state.Spent == 0 || TryAdd(store, limits, ref claim);
        }
        finally
        {
            _locks.Exit();
        }
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
        (claim.IsShared, claim.IsSpent, claim.IsChanged) = (false, false, false);
        claim.Cost = limit.CostOf(limits.Facts);
        if (claim.IsPermits)
            _permitParts |= PermitTable.PartOf(claim.Hash);
        else
            store.Buckets.OpenPartOf(limits.TenantIsListed).Prefetch(claim.Head);
    }

    private void LockSlots(SlotTable table, bool isListed)
    {
        for (bool all = false; !TryLockSlots(table, isListed, all); all = true)
            _locks.Exit();
    }

    // Locks the sets of the buckets, and all candidate sets of buckets without a slot. Returns false if a bucket moved,
    // or a part of the table was opened, before the locks were taken.
    private bool TryLockSlots(SlotTable table, bool isListed, bool all)
    {
        bool hasBothParts = table.HasBothParts;
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            if (claim.IsPermits)
                continue;
            claim.Slot = all ? default : table.Find(claim.Head, isListed);
            if (claim.Slot.IsNone)
                table.AddSets(claim.Head, _locks);
            else
                _locks.Add(claim.Slot.Set);
        }

        _locks.Enter();
        if (hasBothParts != table.HasBothParts)
            return false;
        for (int i = 0; i < _count; i++)
        {
            ref var claim = ref _claims[i];
            if (claim.IsPermits)
                continue;
            if (claim.Slot.IsNone)
                claim.Slot = table.Find(claim.Head, isListed);
            else if (claim.Slot.Head != claim.Head)
                return false;
        }

        return true;
    }

    private BucketResult Answer(Share share, BucketOutcome outcome, in StoreTime time)
    {
        bool hasChanged = false;
        for (int i = 0; i < _count; i++)
            hasChanged |= _claims[i].IsChanged;
        return new BucketResult(outcome, _claims[0].Line, OtherLines(), time, share, hasChanged);
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
