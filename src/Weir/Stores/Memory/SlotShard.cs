using System.Runtime.Intrinsics.X86;

namespace Weir;

/// <summary>
/// A share of the table with a lock of its own. Slots lie in sets of eight; a hash names two sets and its bucket is in one
/// of them, put into the emptier one when it came ("the power of two choices", Mitzenmacher 2001), which fills sets so
/// evenly that the table can be three quarters full before two full sets meet. Nothing is ever moved, and a look-up reads
/// at most sixteen slots.
/// </summary>
/// <remarks>The lock is held for a few dozen nanoseconds and a cache miss or two.</remarks>
internal sealed unsafe class SlotShard
{
    public const int SetSize = 8;
    private readonly Slot* _slots;
    private readonly uint _sets;
    private int _used;

    /// <param name="slots">This shard's part of the table's memory, zeroed.</param>
    /// <param name="sets">Sets of slots in it.</param>
    /// <param name="number">Its place among the shards, by which they are locked one after the other.</param>
    public SlotShard(Slot* slots, int sets, int number)
    {
        Number = number;
        _slots = slots;
        _sets = (uint)sets;
    }

    /// <summary>Whoever needs several shards locks them in the order of their numbers.</summary>
    public int Number { get; }

    public static int SetsFor(double slots) => Math.Max(2, (int)Math.Ceiling(slots / SetSize));

    /// <summary>Slots in use, those that are as new and not yet reused included.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>Slots in all.</summary>
    public int Capacity => (int)_sets * SetSize;

    /// <summary>Owns the slots and the count: hold it around every method whose name ends in Locked.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Asks the processor for both sets of a hash at once, so that the look-up under the lock does not wait for one after the other.</summary>
    public void Prefetch(UInt128 hash)
    {
        if (!Sse.IsSupported)
            return;
        byte* first = (byte*)SetOf((ulong)hash), second = (byte*)SetOf((ulong)(hash >> 64));
        for (int line = 0; line < SetSize * Slot.Size; line += SlotMemory.CacheLine)
        {
            Sse.Prefetch0(first + line);
            Sse.Prefetch0(second + line);
        }
    }

    /// <summary>The slot of a bucket; null when it is not here.</summary>
    public Slot* FindLocked(UInt128 hash)
    {
        ulong low = (ulong)hash, high = (ulong)(hash >> 64);
        var slot = FindIn(SetOf(low), low, high);
        return slot is null ? FindIn(SetOf(high), low, high) : slot;
    }

    /// <summary>How a bucket stands under a quota, which need not be the one it was written with.</summary>
    public static BucketState StateOf(Slot* slot, Quota quota, in StoreTime time) =>
        slot is null ? default
        : slot->RateId == quota.Rate.Id ? slot->State
        : slot->IsAsNew(time) ? default
        : quota.Adopt(slot->State, slot->Rate, time);

    /// <summary>Adds a bucket that is not here; null when there is no room for it.</summary>
    /// <param name="hash">The bucket.</param>
    /// <param name="state">How it stands.</param>
    /// <param name="rateId">The rate of its quota.</param>
    /// <param name="clock">Asked only when no slot is empty.</param>
    public Slot* AddLocked(UInt128 hash, BucketState state, int rateId, MonotonicClock clock)
    {
        var first = SetOf((ulong)hash);
        var second = SetOf((ulong)(hash >> 64));
        int roomInFirst = Empties(first), roomInSecond = Empties(second);
        var slot = roomInFirst + roomInSecond > 0
            ? FirstEmpty(roomInFirst >= roomInSecond ? first : second)
            : FirstAsNew(first, second, clock.Now);
        if (slot is null)
            return null;
        if (slot->IsEmpty)
            _used++;
        slot->Put((ulong)hash, (ulong)(hash >> 64), state, rateId);
        return slot;
    }

    /// <summary>Copies every bucket that is not as new to <paramref name="to"/> and returns how many there are.</summary>
    /// <param name="to">Room for <see cref="Capacity"/> slots.</param>
    /// <param name="time">The store's clock.</param>
    public int CopyLive(Span<Slot> to, in StoreTime time)
    {
        int count = 0;
        lock (Gate)
        {
            for (var slot = _slots; slot < _slots + Capacity; slot++)
            {
                if (!slot->IsEmpty && !slot->IsAsNew(time))
                    to[count++] = *slot;
            }
        }

        return count;
    }

    /// <summary>The upper half of the word is scaled to the number of sets, which need not be a power of two.</summary>
    private Slot* SetOf(ulong word) => _slots + ((((word >> 32) * _sets) >> 32) * SetSize);

    private static Slot* FindIn(Slot* set, ulong low, ulong high)
    {
        for (int i = 0; i < SetSize; i++)
        {
            if (set[i].Is(low, high))
                return set + i;
        }

        return null;
    }

    private static int Empties(Slot* set)
    {
        int count = 0;
        for (int i = 0; i < SetSize; i++)
            count += set[i].IsEmpty ? 1 : 0;
        return count;
    }

    private static Slot* FirstEmpty(Slot* set)
    {
        while (!set->IsEmpty)
            set++;
        return set;
    }

    private static Slot* FirstAsNew(Slot* first, Slot* second, in StoreTime time)
    {
        for (int i = 0; i < SetSize; i++)
        {
            if (first[i].IsAsNew(time))
                return first + i;
            if (second[i].IsAsNew(time))
                return second + i;
        }

        return null;
    }
}
