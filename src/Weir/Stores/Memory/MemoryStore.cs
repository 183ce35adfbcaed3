using System.Security.Cryptography;

namespace Weir;

/// <summary>
/// Buckets in this process: flat and bounded, no object a key, no allocation a decision.
/// </summary>
/// <remarks>
/// <para>
/// A bucket is forgotten only when it cannot be told from a new one, and only when its place is needed (law L11). When
/// no place that a key could have is left for its tenant (<see cref="Neighbourhood"/>), the key shares one bucket with every other such key of
/// the same tenant and limit (of tenants that no policy names perhaps with others', when there are very many): stricter than its own, never laxer, and what one listed tenant spends
/// there no other pays for. <see cref="Overflowed"/> counts those decisions. Only when that table is full too is the answer <see cref="StoreFault.Full"/>.
/// </para>
/// <para>Safe for concurrent use.</para>
/// </remarks>
public sealed class MemoryStore : IBucketStore
{
    /// <summary>One shared bucket for this many keys: tenants times limits, not keys, so few are enough.</summary>
    private const int KeysPerOverflow = 128;

    private readonly Spenders _spenders;
    private readonly SlotTable _buckets;
    private readonly SlotTable _overflow;
    private readonly MonotonicClock _clock;
    private readonly PlaceTable _places;
    private readonly MemoTable _memos;
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
        _places = new PlaceTable(options.MaxKeys);
        _memos = new MemoTable((long)options.MaxKeys * MemoryStoreOptions.AnswerBytesPerKey);
        int overflows = Math.Max(MemoryStoreOptions.LeastKeys, options.MaxKeys / KeysPerOverflow);
        _overflow = new SlotTable(overflows);
        _spenders = new Spenders(_overflow.MostSlots);
    }

    /// <inheritdoc/>
    public DecisionSource Source => DecisionSource.Memory;

    /// <summary>Places in use, including those of buckets that are as new and will be given away when needed.</summary>
    public long Used => _buckets.Used;

    /// <summary>Places in all.</summary>
    public long Capacity => _buckets.Capacity;

    /// <summary>Bytes of all places.</summary>
    public long Bytes => _buckets.Bytes + _overflow.Bytes + _spenders.Bytes;

    /// <summary>Decisions that a shared bucket had a part in, because there was or had been no room for the key's own.</summary>
    public long Overflowed => Volatile.Read(ref _overflowed);

    /// <summary>Decisions not made because even the shared bucket found no room.</summary>
    public long Full => Volatile.Read(ref _full);

    internal long Seed { get; private set; }

    internal StoreTime Time => _clock.Now;

    internal MonotonicClock Clock => _clock;

    internal SlotTable Buckets => _buckets;

    internal SlotTable Overflow => _overflow;

    /// <inheritdoc/>
    public PendingResult? Execute(in StoreAsk command, out BucketAnswer result)
    {
        result = Execute(command);
        return null;
    }

    /// <inheritdoc/>
    public ValueTask<(KeptAnswer? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        new((Recall(tenant, id), StoreFault.None));

    /// <inheritdoc cref="RecallAsync"/>
    internal KeptAnswer? Recall(string tenant, UInt128 id) => _memos.Recall(tenant, id, _clock.NowUs);

    /// <summary>Keys are known by hashes under a seed: buckets from a snapshot are found again only under its seed.</summary>
    internal void AdoptSeed(long seed) => Seed = seed;

    /// <summary>Executes a command.</summary>
    internal BucketAnswer Execute(in StoreAsk command) => command.Memo is null ? Answer(command) : _memos.Answer(command, this);

    internal BucketAnswer Answer(in StoreAsk ask) =>
        ask.Limits.Count == 1 && !ask.Limits.Plan.HasPlaces && ask.What <= StoreVerb.Take
            ? DecideOne(ask.Limits, ask.Limits.First, ask.What)
            : BucketTransaction.OfThisThread().Answer(this, ask);

    /// <summary>What time it is; on the wall only where a limit needs to know.</summary>
    internal StoreTime TimeFor(Plan plan) => new(_clock.NowUs, plan.HasWindows ? _clock.WallUs : 0);

    /// <summary>As <paramref name="time"/>, with the wall's time: whoever looks for room looks at windows, too.</summary>
    internal StoreTime WithWall(in StoreTime time) => time.WallUs != 0 ? time : time with { WallUs = _clock.WallUs };

    /// <summary>How a bucket stands.</summary>
    internal unsafe BucketState StateOf(in LimitSet limits, Limit limit, UInt128 hash)
    {
        var time = Time;
        var shard = _buckets.ShardOf(hash);
        lock (shard.Gate)
        {
            var slot = shard.FindLocked(hash, limits.TenantIsListed);
            return slot is null ? StateOfNew(limits, limit, hash, time) : SlotShard.StateOf(slot, limit.Quota, time);
        }
    }

    /// <summary>Has a bucket stand as another store's does. One for which there is no room begins as new.</summary>
    internal unsafe void Know(in LimitSet limits, Limit limit, UInt128 hash, BucketState state)
    {
        var shard = _buckets.ShardOf(hash);
        lock (shard.Gate)
        {
            var slot = shard.FindLocked(hash, limits.TenantIsListed);
            if (slot is not null)
                slot->Put(state, limit.Quota.Rate.Id);
            else if (state.Spent > 0)
                shard.AddLocked(BucketHash.WithTenant(hash, limits, Seed), state, limit.Quota.Rate.Id, _clock);
        }
    }

    private unsafe BucketAnswer DecideOne(in LimitSet limits, Limit limit, StoreVerb what)
    {
        var hash = BucketHash.Of(limits.Facts, limit, Seed);
        var shard = _buckets.ShardOf(hash);
        shard.Prefetch(hash, limits.TenantIsListed);
        var ask = new Ask(limits, limit, TimeFor(limits.Plan), what);
        lock (shard.Gate)
        {
            var slot = shard.FindLocked(hash, limits.TenantIsListed);
            if (slot is null)
                return DecideNewLocked(shard, hash, limits, limit, ask);
            var (outcome, state) = Take(slot, ask);
            return Answer(limits, limit, outcome, state, ask.Time);
        }
    }

    /// <summary>Decides on a bucket that has a slot.</summary>
    private unsafe (BucketOutcome, BucketState) Take(Slot* slot, in Ask ask)
    {
        var time = slot->RateId == ask.Quota.Rate.Id ? ask.Time : WithWall(ask.Time);
        var state = SlotShard.StateOf(slot, ask.Quota, time);
        var outcome = ask.Take(ref state);
        if (ask.What == StoreVerb.Take && (outcome == BucketOutcome.Allowed || IsUnsaid(slot, outcome, state, ask.Quota)))
            slot->Put(state, ask.Quota.Rate.Id);
        return (outcome, state);
    }

    /// <summary>
    /// True for a refusal of a bucket that was written under another quota: it is written under this one, since by the other it might be as new,
    /// and so forgotten, before the answer that was given is no longer true (law L3).
    /// </summary>
    internal static unsafe bool IsUnsaid(Slot* slot, BucketOutcome outcome, BucketState state, Quota quota) =>
        outcome == BucketOutcome.Refused && (slot->RateId != quota.Rate.Id || slot->State != state);

    /// <summary>A key that is not here begins as new, or as the shared bucket stands, if it may have spent from that.</summary>
    private unsafe BucketAnswer DecideNewLocked(SlotShard shard, UInt128 hash, in LimitSet limits, Limit limit, in Ask ask)
    {
        var state = StateOfNew(limits, limit, hash, ask.Time);
        bool shares = state.Spent > 0;
        var outcome = ask.Take(ref state);
        // What spends nothing needs no room.
        bool decided = ask.What != StoreVerb.Take || outcome != BucketOutcome.Allowed || shard.AddLocked(BucketHash.WithTenant(hash, limits, Seed), state, ask.Quota.Rate.Id, _clock) is not null;
        if (shares || !decided)
            Interlocked.Increment(ref _overflowed);
        if (decided)
            return Answer(limits, limit, outcome, state, ask.Time);
        return TryTakeShared(limits, limit, hash, ask, out var line) ? Answer(limits, limit, line.Outcome, line.State, ask.Time) : BucketAnswer.Failed(StoreFault.Full);
    }

    /// <summary>How a bucket stands that has no slot of its own.</summary>
    internal BucketState StateOfNew(in LimitSet limits, Limit limit, UInt128 own, in StoreTime time)
    {
        if (_overflow.Used == 0)
            return default;
        var state = StateOfShared(limits, limit, common: false, own, time);
        return state.Spent > 0 || limits.TenantIsListed ? state : StateOfShared(limits, limit, common: true, own, time);
    }

    /// <summary>How a shared bucket stands, for a key that may have spent from it; for others it is as none.</summary>
    private unsafe BucketState StateOfShared(in LimitSet limits, Limit limit, bool common, UInt128 own, in StoreTime time)
    {
        var hash = BucketHash.OfOverflow(limits, limit, Seed, common);
        var shard = _overflow.ShardOf(hash);
        lock (shard.Gate)
        {
            var slot = shard.FindLocked(hash, common || limits.TenantIsListed);
            return slot is null || slot->IsAsNew(WithWall(time)) || !_spenders.MayHave(_overflow.NumberOf(slot), own)
                ? default
                : SlotShard.StateOf(slot, limit.Quota, WithWall(time));
        }
    }

    /// <summary>Decides on the bucket that is shared by those who found no room. False when there is none even for that.</summary>
    internal bool TryTakeShared(in LimitSet limits, Limit limit, UInt128 own, in Ask ask, out BucketLine line)
    {
        if (TryTakeShared(limits, limit, common: false, own, ask, out line))
            return true;
        if (!limits.TenantIsListed && TryTakeShared(limits, limit, common: true, own, ask, out line))
            return true;
        Interlocked.Increment(ref _full);
        return false;
    }

    private unsafe bool TryTakeShared(in LimitSet limits, Limit limit, bool common, UInt128 own, in Ask ask, out BucketLine line)
    {
        var hash = BucketHash.OfOverflow(limits, limit, Seed, common);
        var shard = _overflow.ShardOf(hash);
        lock (shard.Gate)
        {
            var slot = SharedSlotLocked(shard, hash, limits, common, ask.Quota, own, WithWall(ask.Time));
            if (slot is null)
            {
                line = default;
                return false;
            }

            var (outcome, state) = Take(slot, ask);
            line = new BucketLine(outcome, state);
            return true;
        }
    }

    /// <summary>Spends on, or gives back to, the bucket that is shared by those who found no room, if there is one.</summary>
    /// <returns>False when there is none, and none can be made.</returns>
    internal bool TryChargeShared(in LimitSet limits, Limit limit, UInt128 own, in StoreTime time, long cost) =>
        TryChargeShared(limits, limit, common: false, own, time, cost)
        || (!limits.TenantIsListed && TryChargeShared(limits, limit, common: true, own, time, cost));

    private unsafe bool TryChargeShared(in LimitSet limits, Limit limit, bool common, UInt128 own, in StoreTime time, long cost)
    {
        var hash = BucketHash.OfOverflow(limits, limit, Seed, common);
        var shard = _overflow.ShardOf(hash);
        lock (shard.Gate)
        {
            var slot = SharedSlotLocked(shard, hash, limits, common, limit.Quota, own, WithWall(time));
            if (slot is null)
                return false;
            var state = SlotShard.StateOf(slot, limit.Quota, WithWall(time));
            limit.Quota.Charge(ref state, time, cost);
            slot->Put(state, limit.Quota.Rate.Id);
            return true;
        }
    }

    /// <summary>The shared bucket, from which a key is about to spend; null when there is none, and none can be made.</summary>
    private unsafe Slot* SharedSlotLocked(SlotShard shard, UInt128 hash, in LimitSet limits, bool common, Quota quota, UInt128 own, in StoreTime time)
    {
        var slot = shard.FindLocked(hash, common || limits.TenantIsListed);
        if (slot is null)
        {
            slot = shard.AddLocked(common ? BucketHash.AsListed(hash) : BucketHash.WithTenant(hash, limits, Seed), default, quota.Rate.Id, _clock);
            if (slot is not null)
                _spenders.Clear(_overflow.NumberOf(slot));
        }
        else if (slot->IsAsNew(time))
        {
            // Nobody owes anything here any more, and the filter must not fill up for good.
            _spenders.Clear(_overflow.NumberOf(slot));
        }

        if (slot is not null)
            _spenders.Add(_overflow.NumberOf(slot), own);
        return slot;
    }

    internal PlaceTable Places => _places;

    internal MemoTable Memos => _memos;

    internal Spenders Spenders => _spenders;

    internal void CountOverflowed() => Interlocked.Increment(ref _overflowed);

    /// <summary>A limit in shadow mode has no say.</summary>
    private static BucketAnswer Answer(in LimitSet limits, Limit limit, BucketOutcome outcome, BucketState state, in StoreTime time) => limit.Mode == LimitMode.Enforce
        ? new BucketAnswer(outcome, state, time, DecisionSource.Memory) { Share = limits.Share }
        : new BucketAnswer(BucketOutcome.Allowed, [new BucketLine(outcome, state)], time, DecisionSource.Memory) { Share = limits.Share };
}
