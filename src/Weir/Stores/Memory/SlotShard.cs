namespace Weir;

/// <summary>
/// A shard of the table with a lock of its own. It has two parts of equal size: one for listed tenants, and one for all
/// others, which anybody may invent without end. So whatever those do, it takes no slot from a listed tenant (law L9).
/// </summary>
/// <remarks>
/// <para>
/// A new bucket goes to its tenant's part. A tenant may become listed, or be listed no more, while it has buckets: they
/// stay where they are until they are as new, and are found in either part (law L12).
/// </para>
/// <para>The lock is held for a few dozen nanoseconds and a cache miss or two.</para>
/// </remarks>
internal sealed unsafe class SlotShard
{
    private readonly SlotPart _listed;
    private readonly SlotPart _others;

    /// <param name="listed">The part of listed tenants.</param>
    /// <param name="others">The part of all others.</param>
    /// <param name="number">Its place among the shards, by which they are locked one after the other.</param>
    public SlotShard(SlotPart listed, SlotPart others, int number)
    {
        Number = number;
        _listed = listed;
        _others = others;
    }

    /// <summary>Whoever needs several shards locks them in the order of their numbers.</summary>
    public int Number { get; }

    /// <summary>Slots in use, those that are as new and not yet reused included.</summary>
    public int Used => _listed.Used + _others.Used;

    /// <summary>Slots in all, be their memory taken or not.</summary>
    public int Capacity => _listed.Capacity + _others.Capacity;

    /// <summary>Owns the slots and the count: hold it around every method whose name ends in Locked.</summary>
    public Lock Gate { get; } = new();

    /// <inheritdoc cref="SlotPart.Prefetch"/>
    public void Prefetch(UInt128 hash, bool isListed) => PartOf(isListed).Prefetch(hash);

    /// <summary>The slot of a bucket; null when it is not here.</summary>
    /// <param name="hash">The bucket.</param>
    /// <param name="isListed">Whether its tenant is listed now.</param>
    public Slot* FindLocked(UInt128 hash, bool isListed)
    {
        var slot = PartOf(isListed).Find(hash);
        var other = PartOf(!isListed);
        return slot is not null || other.Used == 0 ? slot : other.Find(hash);
    }

    /// <summary>How a bucket stands under a quota, which need not be the one it was written with.</summary>
    public static BucketState StateOf(Slot* slot, Quota quota, in StoreTime time) =>
        slot is null ? default
        : slot->RateId == quota.Rate.Id ? slot->State
        : slot->IsAsNew(time) ? default
        : quota.Adopt(slot->State, slot->Rate, time);

    /// <summary>Adds a bucket that is not here; null when there is no room for it, or none that is for its tenant.</summary>
    /// <param name="hash">The bucket, with its tenant's name (<see cref="BucketHash.WithTenant"/>).</param>
    /// <param name="state">How it stands.</param>
    /// <param name="rateId">The rate of its quota.</param>
    /// <param name="clock">Asked only when few slots are empty.</param>
    public Slot* AddLocked(UInt128 hash, BucketState state, int rateId, MonotonicClock clock)
    {
        var part = PartOf(BucketHash.IsListed(hash));
        return part.Put(part.NeighbourhoodOf(hash).PlaceFor((uint)(hash >> 64), clock), hash, state, rateId);
    }

    /// <summary>
    /// Adds a bucket that was here before a restart: to any free slot if its tenant's are taken, since to leave it out
    /// would be an amnesty.
    /// </summary>
    /// <inheritdoc cref="AddLocked"/>
    public Slot* AddAgainLocked(UInt128 hash, BucketState state, int rateId, MonotonicClock clock)
    {
        var part = PartOf(BucketHash.IsListed(hash));
        var neighbourhood = part.NeighbourhoodOf(hash);
        var slot = neighbourhood.PlaceFor((uint)(hash >> 64), clock);
        return part.Put(slot is not null ? slot : neighbourhood.AnyPlace(clock), hash, state, rateId);
    }

    /// <inheritdoc cref="SlotPart.CopyLive"/>
    public int CopyLive(Span<Slot> to, in StoreTime time)
    {
        lock (Gate)
        {
            int listed = _listed.CopyLive(to, time);
            return listed + _others.CopyLive(to[listed..], time);
        }
    }

    private SlotPart PartOf(bool isListed) => isListed ? _listed : _others;
}
