using System.Security.Cryptography;

namespace Weir;

/// <summary>Buckets in this process: flat, bounded, no allocation per decision. Safe for concurrent use.</summary>
// A bucket is forgotten only if it is as new, and only if its slot is needed (law L11). A key without a slot shares a
// bucket with all such keys of its tenant and limit: stricter, never laxer. Very many unlisted tenants may also share.
// Overflowed counts these decisions. Without room for a shared bucket, the result is StoreFault.Full.
public sealed class MemoryStore : IBucketStore
{
    /// <summary>Ratio of keys to shared buckets: one is needed per tenant and limit, so few are enough.</summary>
    private const int KeysPerSharedBucket = 64;

    private const int LeastSharedBuckets = 128;

    private long _overflowed;
    private long _full;

    /// <summary>Makes an empty store.</summary>
    /// <exception cref="ArgumentOutOfRangeException">MaxKeys is out of range.</exception>
    public MemoryStore(MemoryStoreOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxKeys, MemoryStoreOptions.LeastKeys);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxKeys, MemoryStoreOptions.MostKeys);
        Clock = new MonotonicClock(time);
        Seed = options.HashSeed ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        Buckets = new SlotTable(options.MaxKeys);
        Overflow = new OverflowTable(Math.Max(LeastSharedBuckets, options.MaxKeys / KeysPerSharedBucket));
        Permits = new PermitTable(options.MaxKeys);
        Records = new RecordTable((long)options.MaxKeys * MemoryStoreOptions.AnswerBytesPerKey, options.AnswerBytes);
    }

    /// <inheritdoc/>
    public DecisionSource Source => DecisionSource.Memory;

    /// <summary>Slots in use, including reusable ones of buckets that are as new.</summary>
    public long Used => Buckets.Used;

    /// <summary>Number of slots in memory.</summary>
    public long Capacity => Buckets.Capacity;

    /// <summary>Bytes of all buckets.</summary>
    public long Bytes => Buckets.Bytes + Overflow.Bytes;

    /// <summary>Decisions with a shared bucket, for lack of a slot now or before.</summary>
    public long Overflowed => Volatile.Read(ref _overflowed);

    /// <summary>Decisions not made for lack of room even for a shared bucket.</summary>
    public long Full => Volatile.Read(ref _full);

    internal long Seed { get; private set; }

    internal StoreTime Time => Clock.Now;

    internal MonotonicClock Clock { get; }

    internal SlotTable Buckets { get; }

    internal OverflowTable Overflow { get; }

    internal PermitTable Permits { get; }

    internal RecordTable Records { get; }

    /// <inheritdoc/>
    public PendingResult? Execute(in BucketCommand command, out BucketResult result)
    {
        result = Execute(command);
        return null;
    }

    /// <inheritdoc/>
    public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        new((Recall(tenant, id), StoreFault.None));

    Task IBucketStore.Undo(in BucketCommand command, in BucketResult result)
    {
        var undo = UndoCommand.Of(command.Limits, result) with { RecordKey = null };
        if (!undo.Limits.IsEmpty)
            Execute(undo);
        Forget(command);
        return Task.CompletedTask;
    }

    internal void Forget(in BucketCommand command)
    {
        if (command.RecordKey is { } record)
            Forget(command.Limits.Facts.Tenant, record);
    }

    internal IdempotencyRecord? Recall(string tenant, UInt128 id) => Records.Recall(tenant, id, Clock.NowUs);

    // Forgets and returns an answer, unless it is settled or belongs to another request; null for none.
    internal IdempotencyRecord? Forget(string tenant, RecordKey record) =>
        Records.Forget(tenant, record, Clock.NowUs);

    /// <summary>Buckets of a snapshot are only found under its seed.</summary>
    internal void AdoptSeed(long seed) => Seed = seed;

    internal BucketResult Execute(in BucketCommand command) => command.RecordKey is null ? Answer(command) : Records.Answer(command, this);

    internal BucketResult Answer(in BucketCommand command) =>
        BucketTransaction.OfThisThread().Answer(this, command.LimitsRef, command.What, command.OnlyEnds);

    internal Decision Decide(in LimitSet limits, BucketOperation what) => BucketTransaction.OfThisThread().Decide(this, limits, what);

    /// <summary>The time now; the wall clock only for plans with windows.</summary>
    internal StoreTime TimeFor(Plan plan) => new(Clock.NowUs, plan.HasWindows ? Clock.WallUs : 0);

    internal StoreTime WithWall(in StoreTime time) => Clock.WithWall(time);

    internal BucketState StateOf(in LimitSet limits, Limit limit, UInt128 hash) =>
        BucketTransaction.OfThisThread().StateOf(this, limits, limit, hash);

    // Adopts a bucket's state from another store. False without a free slot, so that it begins as new.
    internal bool Know(in LimitSet limits, Limit limit, UInt128 hash, BucketState state) =>
        BucketTransaction.OfThisThread().Know(this, limits, limit, hash, state);

    internal void CountOverflowed() => Interlocked.Increment(ref _overflowed);

    internal void CountFull() => Interlocked.Increment(ref _full);
}
