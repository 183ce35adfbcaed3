namespace Weir;

/// <summary>
/// The slots of listed tenants, or those of all others. A bucket is in one of two sets, which its hash names; nothing
/// is ever moved. Memory is taken when the first tenant of the kind comes.
/// </summary>
/// <param name="sets">The number of sets; at least two.</param>
internal sealed unsafe class SlotPart(int sets)
{
    private readonly Lock _gate = new();
    private SlotMemory? _memory;
    private volatile ulong* _start;
    private int _used;

    /// <summary>True once the memory is taken.</summary>
    public bool IsOpen => _start is not null;

    /// <summary>The number of sets in memory.</summary>
    public int Sets => IsOpen ? sets : 0;

    /// <summary>Slots in use, including those of buckets that are as new.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>Bytes held.</summary>
    public long Bytes => _memory?.Bytes ?? 0;

    /// <summary>Takes the memory, unless it is taken.</summary>
    public void Open()
    {
        lock (_gate)
        {
            _memory ??= new SlotMemory(sets);
            _start = _memory.Start;
        }
    }

    /// <summary>A set by its number.</summary>
    public SlotSet this[int set] => new(_start + ((long)set * (SlotSet.Size / sizeof(ulong))));

    public SlotSet FirstOf(ulong head) => this[NumberOf(head)];

    /// <summary>Always another set than the first, so that a bucket has 32 candidate slots and not sixteen.</summary>
    public SlotSet SecondOf(ulong head)
    {
        int first = NumberOf(head), second = NumberOf(head * 0x9E37_79B9_7F4A_7C15);
        return this[second != first ? second : first == 0 ? 1 : first - 1];
    }

    /// <summary>Asks the processor for both sets of a bucket at once.</summary>
    public void Prefetch(ulong head)
    {
        FirstOf(head).Prefetch(head);
        SecondOf(head).Prefetch(head);
    }

    /// <summary>Finds a bucket; none if it is not here. Without the locks of its sets, true of a moment ago.</summary>
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

    /// <summary>
    /// Adds a bucket that is not here; none if there is no slot for its tenant. Both sets must be locked.
    /// </summary>
    /// <param name="head">The bucket.</param>
    /// <param name="state">How it stands.</param>
    /// <param name="rateId">The rate of its quota.</param>
    /// <param name="clock">Asked only when few slots are empty.</param>
    /// <param name="isBack">
    /// True for a bucket that was here before a restart: it may have a slot of another tenant's share, since to leave
    /// it out would be an amnesty.
    /// </param>
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

    /// <summary>The upper half of the word is scaled to the number of sets, which need not be a power of two.</summary>
    private int NumberOf(ulong word) => (int)(((word >> 32) * (uint)sets) >> 32);
}
