using System.Security.Cryptography;

namespace Weir;

/// <summary>Keeps buckets in this process: flat, bounded, without allocations. Safe for concurrent use.</summary>
// Forgets a bucket only if it equals a new one and its slot is needed (law L11). A key without a slot shares a bucket
// with other such keys of its tenant and limit (Overflowed). Without room for a shared bucket, the result is Full.
public sealed class MemoryStore : IBucketStore
{
    /// <summary>Number of keys per shared bucket. Few are enough, because a tenant and limit need only one.</summary>
    private const int KeysPerSharedBucket = 64;

    private const int LeastSharedBuckets = 128;

    private long _overflowed;
    private long _full;

    /// <summary>Makes an empty store.</summary>
    /// <param name="options">Bounds of the store, read once.</param>
    /// <param name="time">Clock of the store.</param>
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

    /// <summary>Number of slots in use, including reusable slots of buckets that equal new ones.</summary>
    public long Used => Buckets.Used;

    /// <summary>Number of slots that have memory; 0 before the first request.</summary>
    public long Capacity => Buckets.Capacity;

    /// <summary>Bytes that all buckets take.</summary>
    public long Bytes => Buckets.Bytes + Overflow.Bytes;

    /// <summary>Number of decisions by a shared bucket because a key had no slot of its own.</summary>
    public long Overflowed => Volatile.Read(ref _overflowed);

    /// <summary>Number of failed decisions: there was no room even for a shared bucket.</summary>
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

    // Forgets and returns the record of a take; null if there is none, it is settled, or another request has it.
    internal IdempotencyRecord? Forget(string tenant, RecordKey record) =>
        Records.Forget(tenant, record, Clock.NowUs);

    /// <summary>Adopts the hash seed of a snapshot, whose buckets are only found under that seed.</summary>
    internal void AdoptSeed(long seed) => Seed = seed;

    internal BucketResult Execute(in BucketCommand command) => command.RecordKey is null ? Answer(command) : Records.Answer(command, this);

    internal BucketResult Answer(in BucketCommand command) =>
        BucketTransaction.OfThisThread().Answer(this, command.LimitsRef, command.What, command.OnlyEnds);

    internal Decision Decide(in LimitSet limits, BucketOperation what) => BucketTransaction.OfThisThread().Decide(this, limits, what);

    /// <summary>Returns the present time. Reads the wall clock only for plans with windows.</summary>
    internal StoreTime TimeFor(Plan plan) => new(Clock.NowUs, plan.HasWindows ? Clock.WallUs : 0);

    internal StoreTime WithWall(in StoreTime time) => Clock.WithWall(time);

    internal BucketState StateOf(in LimitSet limits, Limit limit, UInt128 hash) =>
        BucketTransaction.OfThisThread().StateOf(this, limits, limit, hash);

    // Sets a bucket to a state from another store. Returns false if no slot is free: the bucket then begins empty.
    internal bool Know(in LimitSet limits, Limit limit, UInt128 hash, BucketState state) =>
        BucketTransaction.OfThisThread().Know(this, limits, limit, hash, state);

    internal void CountOverflowed() => Interlocked.Increment(ref _overflowed);

    internal void CountFull() => Interlocked.Increment(ref _full);
}
