namespace Weir;

/// <summary>A bounded, flat table of buckets. Each set of slots has a lock of its own.</summary>
/// <remarks>
/// It has two parts of equal size: one for listed tenants, and one for all others, which callers may invent without
/// end. So whatever those do, it takes no slot from a listed tenant (law L9). A tenant may become listed, or be listed
/// no more, while it has buckets: they stay where they are, and are found in either part (law L12).
/// </remarks>
internal sealed class SlotTable
{
    /// <summary>
    /// How full a part is when it holds the keys it was made for; see <see cref="CandidateSlots.Reserve"/>.
    /// </summary>
    private const double Load = 0.61;

    private readonly SlotPart _listed;
    private readonly SlotPart _others;

    public SlotTable(int maxKeys)
    {
        int sets = Math.Max(2, (int)Math.Ceiling(maxKeys / (Load * SlotSet.Count)));
        (_listed, _others) = (new SlotPart(sets), new SlotPart(sets));
    }

    /// <summary>Bytes held.</summary>
    public long Bytes => _listed.Bytes + _others.Bytes;

    /// <summary>Slots in use, including those of buckets that are as new.</summary>
    public long Used => (long)_listed.Used + _others.Used;

    /// <summary>Slots in memory.</summary>
    public long Capacity => ((long)_listed.Sets + _others.Sets) * SlotSet.Count;

    /// <summary>The part of listed tenants, or that of all others.</summary>
    public SlotPart PartOf(bool isListed) => isListed ? _listed : _others;

    /// <summary>The part of a tenant that is about to be decided on: its memory is taken.</summary>
    public SlotPart OpenPartOf(bool isListed)
    {
        var part = PartOf(isListed);
        if (!part.IsOpen)
            part.Open();
        return part;
    }

    /// <summary>True once there are tenants of both kinds: a bucket may then be in either part.</summary>
    public bool HasBothParts => _listed.IsOpen && _others.IsOpen;

    /// <summary>
    /// Finds a bucket; none if it is in neither part. Without the locks of its sets, true of a moment ago.
    /// </summary>
    /// <param name="head">The bucket.</param>
    /// <param name="isListed">Whether its tenant is listed now; this part must be open.</param>
    public SlotRef Find(ulong head, bool isListed)
    {
        var slot = PartOf(isListed).Find(head);
        return slot.IsNone && HasBothParts ? PartOf(!isListed).Find(head) : slot;
    }

    /// <summary>Adds all candidate sets of a bucket to the ones to lock.</summary>
    public void AddSets(ulong head, SlotLocks to)
    {
        if (_listed.IsOpen)
            to.Add(_listed, head);
        if (_others.IsOpen)
            to.Add(_others, head);
    }

    /// <summary>Puts a bucket of a snapshot back. False if there is no slot.</summary>
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
