namespace Weir;

// The slots of listed tenants, or of unlisted tenants. A hash determines its bucket's two sets. Buckets never move.
internal sealed unsafe class SlotPart(int sets)
{
    private readonly Lock _gate = new();
    private SlotMemory? _memory;
    private volatile ulong* _start;
    private int _used;

    public bool IsOpen => _start is not null;

    public int Sets => IsOpen ? sets : 0;

    public int Used => Volatile.Read(ref _used);

    public long Bytes => _memory?.Bytes ?? 0;

    public void Open()
    {
        lock (_gate)
        {
            _memory ??= new SlotMemory(sets);
            _start = _memory.Start;
        }
    }

    public SlotSet this[int set] => new(_start + ((long)set * (SlotSet.Size / sizeof(ulong))));

    public SlotSet FirstOf(ulong head) => this[NumberOf(head)];

    /// <summary>Returns the second set. It always differs from the first, so a bucket has 32 candidate slots.</summary>
    public SlotSet SecondOf(ulong head)
    {
        int first = NumberOf(head), second = NumberOf(head * 0x9E37_79B9_7F4A_7C15);
        return this[second != first ? second : first == 0 ? 1 : first - 1];
    }

    public void Prefetch(ulong head)
    {
        FirstOf(head).Prefetch(head);
        SecondOf(head).Prefetch(head);
    }

    /// <summary>Finds a bucket; none if unknown. The result may be outdated unless its sets are locked.</summary>
    public SlotRef Find(ulong head)
    {
        var set = FirstOf(head);
        int index = set.Find(head);
        if (index >= 0)
            return new SlotRef(set, index);
        set = SecondOf(head);
        index = set.Find(head);
        return index >= 0 ? new SlotRef(set, index) : default;
    }

    // Adds a bucket under the locks of both sets; returns none if its tenant may use no slot. A bucket from before a
    // restart (isBack) may use any free slot: to drop it would forget its spending.
    public SlotRef Add(ulong head, BucketState state, int rateId, MonotonicClock clock, bool isBack = false)
    {
        var candidates = new CandidateSlots(FirstOf(head), SecondOf(head));
        var slot = candidates.SlotFor(head, clock);
        if (slot.IsNone && isBack)
            slot = candidates.AnySlot(clock);
        if (slot.IsNone)
            return slot;
        if (slot.Head == 0)
            Interlocked.Increment(ref _used);
        slot.Set.Put(slot.Index, head, state, rateId);
        return slot;
    }

    /// <summary>Returns a set's number: scales the upper half of a word to the number of sets.</summary>
    private int NumberOf(ulong word) => (int)(((word >> 32) * (uint)sets) >> 32);
}
