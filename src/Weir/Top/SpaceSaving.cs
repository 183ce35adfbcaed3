using System.Numerics;

namespace Weir;

// Counts the most frequent names in a fixed number of counters, by the algorithm Space-Saving (Metwally, Agrawal and El
// Abbadi, ICDT 2005). A name without a counter takes over the smallest one, whose count becomes its error.
internal sealed class SpaceSaving
{
    private readonly Counter[] _counters;

    /// <summary>Indexes of the counters as a heap, the smallest count first.</summary>
    private readonly int[] _heap;

    /// <summary>First counter of each hash chain, as index + 1, or 0; Next links the counters of a chain.</summary>
    private readonly int[] _heads;
    private int _used;

    public SpaceSaving(int counters)
    {
        _counters = new Counter[counters];
        _heap = new int[counters];
        _heads = new int[BitOperations.RoundUpToPowerOf2((uint)counters * 2)];
    }

    public struct Counter
    {
        public string Name;
        public long Count;
        public long Error;
        internal ulong Hash;
        internal int Next;
        internal int InHeap;
    }

    public long Total { get; private set; }

    /// <summary>Maximum count of a name without a counter.</summary>
    public long Least => _used < _counters.Length ? 0 : _counters[_heap[0]].Count;

    /// <summary>Upper bound of the counters' errors; every name with a higher count has a counter.</summary>
    public long MostError => Total / _counters.Length;

    public ReadOnlySpan<Counter> Counters => _counters.AsSpan(0, _used);

    /// <summary>Adds to a name's counter, and returns its index. isNew is true if the name had no counter.</summary>
    public int Add(string name, ulong hash, long amount, out bool isNew)
    {
        Total += amount;
        int slot = SlotOf(name, hash);
        isNew = slot < 0;
        if (isNew && _used < _counters.Length)
            return Begin(name, hash, amount);
        if (isNew)
            slot = TakeOver(name, hash);
        _counters[slot].Count += amount;
        Sink(_counters[slot].InHeap);
        return slot;
    }

    public int SlotOf(string name, ulong hash)
    {
        for (int slot = _heads[End(hash)] - 1; slot >= 0; slot = _counters[slot].Next - 1)
        {
            if (_counters[slot].Hash == hash && _counters[slot].Name == name)
                return slot;
        }

        return -1;
    }

    public void Clear()
    {
        // Clear only the heads in use: with few counters, clearing all heads would take most of the time.
        foreach (ref readonly var counter in Counters)
            _heads[End(counter.Hash)] = 0;
        _counters.AsSpan(0, _used).Clear();
        (_used, Total) = (0, 0);
    }

    private int Begin(string name, ulong hash, long amount)
    {
        int slot = _used++;
        _counters[slot].Count = amount;
        Hang(slot, name, hash);
        int at = slot;
        for (int above = (at - 1) / 2; at > 0 && _counters[_heap[above]].Count > amount; at = above, above = (at - 1) / 2)
            Put(_heap[above], at);
        Put(slot, at);
        return slot;
    }

    private int TakeOver(string name, ulong hash)
    {
        int slot = _heap[0];
        ref int link = ref _heads[End(_counters[slot].Hash)];
        while (link - 1 != slot)
            link = ref _counters[link - 1].Next;
        link = _counters[slot].Next;
        _counters[slot].Error = _counters[slot].Count;
        Hang(slot, name, hash);
        return slot;
    }

    private void Hang(int slot, string name, ulong hash)
    {
        ref var counter = ref _counters[slot];
        ref int head = ref _heads[End(hash)];
        (counter.Name, counter.Hash, counter.Next) = (name, hash, head);
        head = slot + 1;
    }

    private void Sink(int at)
    {
        int slot = _heap[at];
        long count = _counters[slot].Count;
        for (int below = (2 * at) + 1; below < _used; below = (2 * at) + 1)
        {
            if (below + 1 < _used && _counters[_heap[below + 1]].Count < _counters[_heap[below]].Count)
                below++;
            if (_counters[_heap[below]].Count >= count)
                break;
            Put(_heap[below], at);
            at = below;
        }

        Put(slot, at);
    }

    private void Put(int slot, int at)
    {
        _heap[at] = slot;
        _counters[slot].InHeap = at;
    }

    private int End(ulong hash) => (int)(hash & (uint)(_heads.Length - 1));
}
