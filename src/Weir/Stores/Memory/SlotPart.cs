using System.Runtime.Intrinsics.X86;

namespace Weir;

/// <summary>
/// A part of a shard: the slots of listed tenants, or those of all others. Slots lie in sets of eight; a hash names two
/// sets and its bucket is in one of them, put into the emptier one when it came ("the power of two choices",
/// Mitzenmacher 2001), which fills sets so evenly that hardly two full ones meet before all are. Which of these sixteen
/// slots a tenant may have says <see cref="Neighbourhood"/>. Nothing is ever moved, and a look-up reads at most sixteen
/// slots.
/// </summary>
/// <remarks>Not for use by two threads at once: the shard has a lock.</remarks>
internal sealed unsafe class SlotPart
{
    public const int SetSize = 8;
    private readonly SlotRegion _region;
    private readonly uint _sets;
    private volatile Slot* _slots;
    private int _used;

    /// <param name="region">Whose memory it is in, once it is taken.</param>
    /// <param name="sets">Sets of slots in it.</param>
    public SlotPart(SlotRegion region, int sets)
    {
        _region = region;
        _sets = (uint)sets;
    }

    /// <summary>Slots in use, those that are as new and not yet reused included.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>Slots in all, be their memory taken or not.</summary>
    public int Capacity => (int)_sets * SetSize;

    /// <summary>The first slot; null until the memory is taken. It is zeroed.</summary>
    public Slot* Start
    {
        get => _slots;
        set => _slots = value;
    }

    /// <summary>
    /// Asks the processor for both sets of a hash at once, so that the look-up under the lock does not wait for one
    /// after the other.
    /// </summary>
    public void Prefetch(UInt128 hash)
    {
        if (!Sse.IsSupported || _slots is null)
            return;
        var first = FirstSetOf((ulong)hash);
        var second = SecondSetOf((ulong)(hash >> 64), first);
        for (int line = 0; line < SetSize * Slot.Size; line += SlotMemory.CacheLine)
        {
            Sse.Prefetch0((byte*)first + line);
            Sse.Prefetch0((byte*)second + line);
        }
    }

    /// <summary>The slot of a bucket; null when it is not here.</summary>
    public Slot* Find(UInt128 hash)
    {
        if (_slots is null)
            return null;
        ulong low = (ulong)hash, high = (ulong)(hash >> 64);
        var first = FirstSetOf(low);
        var slot = FindIn(first, low, high);
        return slot is null ? FindIn(SecondSetOf(high, first), low, high) : slot;
    }

    /// <summary>The candidate slots of a new bucket.</summary>
    public Neighbourhood NeighbourhoodOf(UInt128 hash)
    {
        if (_slots is null)
            _region.Open();
        var first = FirstSetOf((ulong)hash);
        return new Neighbourhood(first, SecondSetOf((ulong)(hash >> 64), first));
    }

    /// <summary>Puts a bucket into a slot; null for none.</summary>
    public Slot* Put(Slot* slot, UInt128 hash, BucketState state, int rateId)
    {
        if (slot is null)
            return null;
        if (slot->IsEmpty)
            _used++;
        slot->Put((ulong)hash, (ulong)(hash >> 64), state, rateId);
        return slot;
    }

    /// <summary>
    /// Copies every bucket that is not as new to <paramref name="to"/>, and returns how many there are.
    /// </summary>
    /// <param name="to">Room for <see cref="Capacity"/> slots.</param>
    /// <param name="time">The store's clock.</param>
    public int CopyLive(Span<Slot> to, in StoreTime time)
    {
        int count = 0;
        for (var slot = _slots; Used > 0 && slot < _slots + Capacity; slot++)
        {
            if (!slot->IsEmpty && !slot->IsAsNew(time))
                to[count++] = *slot;
        }

        return count;
    }

    /// <summary>The upper half of the word is scaled to the number of sets, which need not be a power of two.</summary>
    private Slot* FirstSetOf(ulong low) => _slots + ((((low >> 32) * _sets) >> 32) * SetSize);

    /// <summary>Always another set, so that a key has sixteen candidate slots and not eight.</summary>
    private Slot* SecondSetOf(ulong high, Slot* first)
    {
        var second = FirstSetOf(high);
        return second != first ? second : first == _slots ? first + SetSize : _slots;
    }

    private static Slot* FindIn(Slot* set, ulong low, ulong high)
    {
        for (int i = 0; i < SetSize; i++)
        {
            if (set[i].Is(low, high))
                return set + i;
        }

        return null;
    }
}
