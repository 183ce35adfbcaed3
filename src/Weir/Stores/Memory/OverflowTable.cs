namespace Weir;

// Shared buckets of keys without a slot, one per tenant and limit: stricter than own buckets, never laxer. Bounded:
// very many unlisted tenants share one bucket per limit. Safe for concurrent use.
internal sealed class OverflowTable(int most)
{
    /// <summary>Minimum interval between sweeps, each of which reads all buckets.</summary>
    private const long SweepUs = 1_000_000;

    private const int BytesPerBucket = 128;
    private const ulong ListedBit = 1;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, SharedBucket> _buckets = [];
    private readonly long[] _sweptUs = [-SweepUs, -SweepUs];
    private readonly int[] _counts = new int[2];
    private volatile int _used;

    private sealed class SharedBucket
    {
        public required bool IsListed { get; init; }

        public Slot Slot;

        /// <summary>Bloom filter (1970) of the keys that may have spent here, two bits per key.</summary>
        public UInt128 Spenders;
    }

    public int Used => _used;

    public long Bytes => (long)_used * BytesPerBucket;

    public BucketState StateOf(MemoryStore store, in LimitSet limits, Limit limit, UInt128 key, in StoreTime time)
    {
        if (_used == 0)
            return default;
        var now = store.Clock.WithWall(time);
        lock (_gate)
        {
            var state = StateLocked(store, limits.Facts.Tenant, limit, key, now);
            return state.Spent > 0 || limits.TenantIsListed ? state : StateLocked(store, "", limit, key, now);
        }
    }

    /// <summary>Takes from a key's shared bucket. Returns false if there is no room for the bucket.</summary>
    public bool TryTake(MemoryStore store, in LimitSet limits, Limit limit, UInt128 key, in StoreTime time, out BucketLine line)
    {
        var now = store.Clock.WithWall(time);
        lock (_gate)
        {
            line = default;
            if (BucketFor(store, limits, limit, key, now) is not { } bucket)
                return false;
            var state = bucket.Slot.StateUnder(limit.Quota, store.Clock, now);
            long cost = limit.CostOf(limits.Facts);
            var outcome = limits.Share.Take(limit.Quota, ref state, now, cost, limit.IsLeast(cost));
            bucket.Slot.PutTaken(outcome, state, limit.Quota);
            line = new BucketLine(outcome, state);
            return true;
        }
    }

    public bool TryCharge(MemoryStore store, in LimitSet limits, Limit limit, UInt128 key, in StoreTime time, long cost)
    {
        var now = store.Clock.WithWall(time);
        lock (_gate)
        {
            if (BucketFor(store, limits, limit, key, now) is not { } bucket)
                return false;
            var state = bucket.Slot.StateUnder(limit.Quota, store.Clock, now);
            limit.Quota.Charge(ref state, now, cost);
            bucket.Slot.Put(state, limit.Quota.Rate.Id);
            return true;
        }
    }

    /// <summary>Copies every bucket in use. The lowest bit of a head is 1 if the tenant is listed.</summary>
    public SavedSlot[] Export(StoreTime time)
    {
        lock (_gate)
        {
            return [.. from pair in _buckets
                       where !pair.Value.Slot.IsAsNew(time)
                       select new SavedSlot(pair.Key | (pair.Value.IsListed ? ListedBit : 0), pair.Value.Slot)];
        }
    }

    /// <summary>Restores a bucket of a snapshot. Its filter then matches all keys.</summary>
    public void Import(ulong name, BucketState state, int rateId)
    {
        lock (_gate)
        {
            var bucket = AddLocked(name & ~ListedBit, isListed: (name & ListedBit) != 0);
            bucket.Slot.Put(state, rateId);
            bucket.Spenders = UInt128.MaxValue;
        }
    }

    private BucketState StateLocked(MemoryStore store, string tenant, Limit limit, UInt128 key, in StoreTime time) =>
        _buckets.TryGetValue(NameOf(store, tenant, limit), out var bucket)
        && !bucket.Slot.IsAsNew(time) && (bucket.Spenders & BitsOf(key)) == BitsOf(key)
            ? bucket.Slot.StateUnder(limit.Quota, store.Clock, time)
            : default;

    /// <summary>Returns the tenant's bucket, else the bucket of all unlisted tenants; null without room.</summary>
    private SharedBucket? BucketFor(MemoryStore store, in LimitSet limits, Limit limit, UInt128 key, in StoreTime time)
    {
        bool isListed = limits.TenantIsListed;
        ulong name = NameOf(store, limits.Facts.Tenant, limit);
        if (!_buckets.TryGetValue(name, out var bucket) && HasRoomLocked(isListed, most, time))
            bucket = AddLocked(name, isListed);
        name = NameOf(store, "", limit);
        if (bucket is null && !isListed && !_buckets.TryGetValue(name, out bucket) && HasRoomLocked(isListed, most + Plan.MaxLimits, time))
            bucket = AddLocked(name, isListed);
        if (bucket is null)
            return null;
        // Clears the filter of an empty bucket, which has no spenders, before the filter fills up.
        if (bucket.Slot.IsAsNew(time))
            bucket.Spenders = 0;
        bucket.Spenders |= BitsOf(key);
        return bucket;
    }

    private bool HasRoomLocked(bool isListed, int room, in StoreTime time)
    {
        int kind = isListed ? 1 : 0;
        if (_counts[kind] >= room && time.NowUs - _sweptUs[kind] >= SweepUs)
        {
            _sweptUs[kind] = time.NowUs;
            foreach (var (name, bucket) in _buckets)
            {
                if (bucket.IsListed == isListed && bucket.Slot.IsAsNew(time) && _buckets.Remove(name))
                    Count(isListed, -1);
            }
        }

        return _counts[kind] < room;
    }

    private SharedBucket AddLocked(ulong name, bool isListed)
    {
        var bucket = new SharedBucket { IsListed = isListed };
        if (_buckets.TryAdd(name, bucket))
            Count(isListed, 1);
        return bucket;
    }

    private void Count(bool isListed, int added)
    {
        _counts[isListed ? 1 : 0] += added;
        _used = _buckets.Count;
    }

    private static ulong NameOf(MemoryStore store, string tenant, Limit limit) =>
        BucketHash.OfLimit(tenant, limit, store.Seed) & ~ListedBit;

    private static UInt128 BitsOf(UInt128 key) => (UInt128.One << (int)(key & 127)) | (UInt128.One << (int)((key >> 7) & 127));
}
