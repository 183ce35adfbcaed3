using System.Runtime.Intrinsics.X86;

namespace Weir;

/// <summary>
/// A part of the table with a lock of its own. Slots lie in sets of eight; a hash names two sets and its bucket is in one
/// of them, put into the emptier one when it came ("the power of two choices", Mitzenmacher 2001), which fills sets so
/// evenly that hardly two full ones meet before all are. Which of these sixteen places a tenant may have says <see cref="Neighbourhood"/>.
/// Nothing is ever moved, and a look-up reads at most sixteen slots.
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
        var first = FirstSetOf((ulong)hash);
        var second = SecondSetOf((ulong)(hash >> 64), first);
        for (int line = 0; line < SetSize * Slot.Size; line += SlotMemory.CacheLine)
        {
            Sse.Prefetch0((byte*)first + line);
            Sse.Prefetch0((byte*)second + line);
        }
    }

    /// <summary>The slot of a bucket; null when it is not here.</summary>
    public Slot* FindLocked(UInt128 hash)
    {
        ulong low = (ulong)hash, high = (ulong)(hash >> 64);
        var first = FirstSetOf(low);
        var slot = FindIn(first, low, high);
        return slot is null ? FindIn(SecondSetOf(high, first), low, high) : slot;
    }

    /// <summary>How a bucket stands under a quota, which need not be the one it was written with.</summary>
    public static BucketState StateOf(Slot* slot, Quota quota, in StoreTime time) =>
        slot is null ? default
        : slot->RateId == quota.Rate.Id ? slot->State
        : slot->IsAsNew(time) ? default
        : quota.Adopt(slot->State, slot->Rate, time);

    /// <summary>Adds a bucket that is not here; null when there is no room for it, or none that is for its tenant.</summary>
    /// <param name="hash">The bucket, with its tenant's name.</param>
    /// <param name="state">How it stands.</param>
    /// <param name="rateId">The rate of its quota.</param>
    /// <param name="clock">Asked only when few slots are empty.</param>
    public Slot* AddLocked(UInt128 hash, BucketState state, int rateId, MonotonicClock clock) =>
        PutLocked(NeighbourhoodOf(hash).PlaceFor((uint)(hash >> 64), clock), hash, state, rateId);

    /// <summary>Adds a bucket that was here before a restart: in any free place if its tenant's are taken, since to leave it out would be an amnesty.</summary>
    /// <inheritdoc cref="AddLocked"/>
    public Slot* AddAgainLocked(UInt128 hash, BucketState state, int rateId, MonotonicClock clock)
    {
        var neighbourhood = NeighbourhoodOf(hash);
        var slot = neighbourhood.PlaceFor((uint)(hash >> 64), clock);
        return PutLocked(slot is not null ? slot : neighbourhood.AnyPlace(clock), hash, state, rateId);
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

    private Slot* PutLocked(Slot* slot, UInt128 hash, BucketState state, int rateId)
    {
        if (slot is null)
            return null;
        if (slot->IsEmpty)
            _used++;
        slot->Put((ulong)hash, (ulong)(hash >> 64), state, rateId);
        return slot;
    }

    /// <summary>The upper half of the word is scaled to the number of sets, which need not be a power of two.</summary>
    private Slot* FirstSetOf(ulong low) => _slots + ((((low >> 32) * _sets) >> 32) * SetSize);

    /// <summary>Always another set, so that a key has sixteen places and not eight.</summary>
    private Slot* SecondSetOf(ulong high, Slot* first)
    {
        var second = FirstSetOf(high);
        return second != first ? second : first == _slots ? first + SetSize : _slots;
    }

    private Neighbourhood NeighbourhoodOf(UInt128 hash)
    {
        var first = FirstSetOf((ulong)hash);
        return new Neighbourhood(first, SecondSetOf((ulong)(hash >> 64), first));
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
