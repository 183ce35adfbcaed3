namespace Weir;

// A bounded, flat table of buckets. Each set of slots has its own lock. Two equal parts, one for listed tenants: other
// tenants, which callers can invent, take no slot from them (law L9). If a tenant becomes listed or unlisted, its
// buckets stay, and are found in either part (law L12).
internal sealed class SlotTable
{
    /// <summary>Load of a part that holds the keys it was made for; see CandidateSlots.Reserve.</summary>
    private const double Load = 0.61;

    private readonly SlotPart _listed;
    private readonly SlotPart _others;

    public SlotTable(int maxKeys)
    {
        int sets = Math.Max(2, (int)Math.Ceiling(maxKeys / (Load * SlotSet.Count)));
        (_listed, _others) = (new SlotPart(sets), new SlotPart(sets));
    }

    public long Bytes => _listed.Bytes + _others.Bytes;

    /// <summary>Slots in use, including those of buckets that are as new.</summary>
    public long Used => (long)_listed.Used + _others.Used;

    public long Capacity => ((long)_listed.Sets + _others.Sets) * SlotSet.Count;

    public SlotPart PartOf(bool isListed) => isListed ? _listed : _others;

    public SlotPart OpenPartOf(bool isListed)
    {
        var part = PartOf(isListed);
        if (!part.IsOpen)
            part.Open();
        return part;
    }

    /// <summary>True once there are tenants of both kinds: a bucket may then be in either part.</summary>
    public bool HasBothParts => _listed.IsOpen && _others.IsOpen;

    // Finds a bucket in the tenant's part or the other. Without the locks, the result may be outdated.
    public SlotRef Find(ulong head, bool isListed)
    {
        var slot = PartOf(isListed).Find(head);
        return slot.IsNone && HasBothParts ? PartOf(!isListed).Find(head) : slot;
    }

    public void AddSets(ulong head, SlotLocks to)
    {
        if (_listed.IsOpen)
            to.Add(_listed, head);
        if (_others.IsOpen)
            to.Add(_others, head);
    }

    public bool TryRestore(ulong head, bool isListed, BucketState state, int rateId, MonotonicClock clock, SlotLocks locks)
    {
        var part = OpenPartOf(isListed);
        locks.Add(part, head);
        locks.Enter();
        bool isRestored = !part.Add(head, state, rateId, clock, isBack: true).IsNone;
        locks.Exit();
        return isRestored;
    }
}
