using System.Security.Cryptography;

namespace Weir;

/// <summary>
/// Buckets in this process: flat and bounded, no object a key, no allocation a decision.
/// </summary>
/// <remarks>
/// <para>
/// A bucket is forgotten only when it cannot be told from a new one, and only when its place is needed (law L11). When
/// all places a key could have are taken, the key shares one bucket with every other such key of the same tenant and
/// limit (of all tenants together that no policy names): stricter than its own, never laxer, and what one listed tenant spends there
/// no other pays for. But places are taken by whoever comes: a tenant that fills the store makes the new keys of others share.
/// <see cref="Overflowed"/> counts those decisions. Only when that table is full too is the answer <see cref="StoreFault.Full"/>.
/// </para>
/// <para>Safe for concurrent use.</para>
/// </remarks>
public sealed class MemoryStore : IBucketStore
{
    /// <summary>One shared bucket for this many keys: tenants times limits, not keys, so few are enough.</summary>
    private const int KeysPerOverflow = 64;

    private readonly SlotTable _buckets;
    private readonly SlotTable _overflow;
    private readonly MonotonicClock _clock;
    private long _overflowed;
    private long _full;

    /// <summary>Makes an empty store.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="MemoryStoreOptions.MaxKeys"/> is out of range.</exception>
    public MemoryStore(MemoryStoreOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxKeys, MemoryStoreOptions.LeastKeys);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxKeys, MemoryStoreOptions.MostKeys);
        _clock = new MonotonicClock(time);
        Seed = options.HashSeed ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        _buckets = new SlotTable(options.MaxKeys);
        _overflow = new SlotTable(Math.Max(MemoryStoreOptions.LeastKeys, options.MaxKeys / KeysPerOverflow));
    }

    /// <inheritdoc/>
    public DecisionSource Source => DecisionSource.Memory;

    /// <summary>Places in use, including those of buckets that are as new and will be given away when needed.</summary>
    public long Used => _buckets.Used;

    /// <summary>Places in all.</summary>
    public long Capacity => _buckets.Capacity;

    /// <summary>Bytes of all places.</summary>
    public long Bytes => _buckets.Bytes + _overflow.Bytes;

    /// <summary>Decisions that a shared bucket had a part in, because there was or had been no room for the key's own.</summary>
    public long Overflowed => Volatile.Read(ref _overflowed);

    /// <summary>Decisions not made because even the shared bucket found no room.</summary>
    public long Full => Volatile.Read(ref _full);

    internal long Seed { get; private set; }

    internal long NowUs => _clock.NowUs;

    internal SlotTable Buckets => _buckets;

    internal SlotTable Overflow => _overflow;

    /// <inheritdoc/>
    public ValueTask<BucketAnswer> TakeAsync(LimitSet limits, CancellationToken cancellation = default) =>
        new(Decide(limits, spend: true));

    /// <inheritdoc/>
    public ValueTask<BucketAnswer> CheckAsync(LimitSet limits, CancellationToken cancellation = default) =>
        new(Decide(limits, spend: false));

    /// <summary>Keys are known by hashes under a seed: buckets from a snapshot are found again only under its seed.</summary>
    internal void AdoptSeed(long seed) => Seed = seed;

    private BucketAnswer Decide(in LimitSet limits, bool spend)
    {
        var hash = BucketHash.Of(limits, Seed);
        var shard = _buckets.ShardOf(hash);
        shard.Prefetch(hash);
        var ask = new Ask(limits.Limit!.Quota, _clock.NowUs, limits.Facts.Cost, spend);
        lock (shard.Gate)
        {
            return shard.TryTakeLocked(hash, ask, out var outcome, out var state)
                ? new BucketAnswer(outcome, state, ask.NowUs, DecisionSource.Memory)
                : DecideNewLocked(shard, hash, limits, ask);
        }
    }

    /// <summary>A key that is not here begins as new, or as the shared bucket stands, since it may have spent from that.</summary>
    private BucketAnswer DecideNewLocked(SlotShard shard, UInt128 hash, in LimitSet limits, in Ask ask)
    {
        var state = _overflow.Used == 0 ? default : SharedState(limits, ask);
        bool shares = TokenBucket.SpentAt(ask.Quota.Rate, state, ask.NowUs) > 0;
        var outcome = TokenBucket.Take(ask.Quota, ref state, ask.NowUs, ask.Cost);
        // What spends nothing needs no room.
        bool decided = !ask.Spend || outcome != BucketOutcome.Allowed || shard.TryAddLocked(hash, state, ask.Quota.Rate.Id, ask.NowUs);
        if (shares || !decided)
            Interlocked.Increment(ref _overflowed);
        return decided ? new BucketAnswer(outcome, state, ask.NowUs, DecisionSource.Memory) : TakeShared(limits, ask);
    }

    private BucketState SharedState(in LimitSet limits, in Ask ask)
    {
        var hash = BucketHash.OfOverflow(limits, Seed);
        var shard = _overflow.ShardOf(hash);
        lock (shard.Gate)
            return shard.StateLocked(hash, ask.Quota);
    }

    private BucketAnswer TakeShared(in LimitSet limits, in Ask ask)
    {
        var hash = BucketHash.OfOverflow(limits, Seed);
        var shard = _overflow.ShardOf(hash);
        lock (shard.Gate)
        {
            if (shard.TryTakeLocked(hash, ask, out var outcome, out var state))
                return new BucketAnswer(outcome, state, ask.NowUs, DecisionSource.Memory);
            outcome = TokenBucket.Take(ask.Quota, ref state, ask.NowUs, ask.Cost);
            if (shard.TryAddLocked(hash, state, ask.Quota.Rate.Id, ask.NowUs))
                return new BucketAnswer(outcome, state, ask.NowUs, DecisionSource.Memory);
        }

        Interlocked.Increment(ref _full);
        return BucketAnswer.Failed(StoreFault.Full);
    }
}
