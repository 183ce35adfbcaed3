using System.Security.Cryptography;

namespace Weir;

/// <summary>
/// Buckets in this process: flat and bounded, no object a key, no allocation a decision.
/// </summary>
/// <remarks>
/// <para>
/// A bucket is forgotten only when it cannot be told from a new one, and only when its slot is needed (law L11). A key
/// for which its tenant may have no slot (<see cref="CandidateSlots"/>) shares one bucket with every other such key of
/// the same tenant and limit: stricter than its own, never laxer. Tenants that no policy names may share one bucket
/// with each other when there are very many of them. <see cref="Overflowed"/> counts those decisions. Only when there
/// is no room for a shared bucket either is the answer <see cref="StoreFault.Full"/>.
/// </para>
/// <para>Safe for concurrent use.</para>
/// </remarks>
public sealed class MemoryStore : IBucketStore
{
    /// <summary>One shared bucket for this many keys: there is one per tenant and limit, so few are enough.</summary>
    private const int KeysPerSharedBucket = 64;

    private const int LeastSharedBuckets = 128;

    private long _overflowed;
    private long _full;

    /// <summary>Makes an empty store.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <see cref="MemoryStoreOptions.MaxKeys"/> is out of range.
    /// </exception>
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

    /// <summary>Slots in use, including those of buckets that are as new and will be given away when needed.</summary>
    public long Used => Buckets.Used;

    /// <summary>Slots in memory.</summary>
    public long Capacity => Buckets.Capacity;

    /// <summary>Bytes of all buckets.</summary>
    public long Bytes => Buckets.Bytes + Overflow.Bytes;

    /// <summary>
    /// Decisions that a shared bucket had a part in, because there was or had been no slot for the key's own.
    /// </summary>
    public long Overflowed => Volatile.Read(ref _overflowed);

    /// <summary>Decisions not made because there was no room even for a shared bucket.</summary>
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

    /// <summary>Forgets the record of a command, if it has one.</summary>
    internal void Forget(in BucketCommand command)
    {
        if (command.RecordKey is { } record)
            Forget(command.Limits.Facts.Tenant, record);
    }

    /// <inheritdoc cref="RecallAsync"/>
    internal IdempotencyRecord? Recall(string tenant, UInt128 id) => Records.Recall(tenant, id, Clock.NowUs);

    /// <summary>Forgets an answer, unless it is settled or of another request. Returns it; null if none.</summary>
    internal IdempotencyRecord? Forget(string tenant, RecordKey record) =>
        Records.Forget(tenant, record, Clock.NowUs);

    /// <summary>
    /// Keys are known by hashes under a seed: buckets from a snapshot are found again only under its seed.
    /// </summary>
    internal void AdoptSeed(long seed) => Seed = seed;

    /// <summary>Executes a command.</summary>
    internal BucketResult Execute(in BucketCommand command) => command.RecordKey is null ? Answer(command) : Records.Answer(command, this);

    internal BucketResult Answer(in BucketCommand command) =>
        BucketTransaction.OfThisThread().Answer(this, command.LimitsRef, command.What, command.OnlyEnds);

    /// <summary>Decides a request.</summary>
    internal Decision Decide(in LimitSet limits, BucketOperation what) => BucketTransaction.OfThisThread().Decide(this, limits, what);

    /// <summary>What time it is; on the wall only where a limit needs to know.</summary>
    internal StoreTime TimeFor(Plan plan) => new(Clock.NowUs, plan.HasWindows ? Clock.WallUs : 0);

    /// <inheritdoc cref="MonotonicClock.WithWall"/>
    internal StoreTime WithWall(in StoreTime time) => Clock.WithWall(time);

    /// <summary>How a bucket stands.</summary>
    internal BucketState StateOf(in LimitSet limits, Limit limit, UInt128 hash) =>
        BucketTransaction.OfThisThread().StateOf(this, limits, limit, hash);

    /// <summary>
    /// Sets the state of a bucket to that of another store. False if there is no slot for it, so that it begins as new.
    /// </summary>
    internal bool Know(in LimitSet limits, Limit limit, UInt128 hash, BucketState state) =>
        BucketTransaction.OfThisThread().Know(this, limits, limit, hash, state);

    internal void CountOverflowed() => Interlocked.Increment(ref _overflowed);

    internal void CountFull() => Interlocked.Increment(ref _full);
}
