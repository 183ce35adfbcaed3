namespace Weir;

// A bounded, flat table of buckets in two equal parts, for listed and for unlisted tenants. Callers can invent unlisted
// tenants, so these take no slot from listed ones (law L9). A tenant that changes its part keeps its buckets (law L12).
internal sealed class SlotTable
{
    /// <summary>Fraction of a part's slots in use at its maximum of keys; see CandidateSlots.Reserve.</summary>
    private const double Load = 0.61;

    private readonly SlotPart _listed;
    private readonly SlotPart _others;

    public SlotTable(int maxKeys)
    {
        int sets = Math.Max(2, (int)Math.Ceiling(maxKeys / (Load * SlotSet.Count)));
        (_listed, _others) = (new SlotPart(sets), new SlotPart(sets));
    }

    public long Bytes => _listed.Bytes + _others.Bytes;

    /// <summary>Number of slots in use, including those of buckets that equal new ones.</summary>
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

    /// <summary>True once there are tenants of both kinds. A bucket may then be in either part.</summary>
    public bool HasBothParts => _listed.IsOpen && _others.IsOpen;

    // Finds a bucket in the part of its tenant, else in the other part. May be outdated unless its sets are locked.
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
