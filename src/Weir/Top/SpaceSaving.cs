using System.Numerics;

namespace Weir;

/// <summary>
/// The names that occur most often, in a fixed number of counters: Space-Saving (Metwally, Agrawal and El Abbadi,
/// "Efficient Computation of Frequent and Top-k Elements in Data Streams", ICDT 2005). A name that has no counter takes
/// over the least one, and what that had counted is its error.
/// </summary>
/// <remarks>
/// Of N occurrences in m counters: count - error &lt;= true &lt;= count, no error is above N / m, and whatever occurred
/// more than N / m times has a counter. The counters lie in a heap, the least on top, so that both a hit and a takeover
/// cost a few steps. Not safe for concurrent use.
/// </remarks>
internal sealed class SpaceSaving
{
    private readonly Counter[] _counters;

    /// <summary>The slots of counters in the order of a heap.</summary>
    private readonly int[] _heap;

    /// <summary>For each end of a hash, the place of a counter, from 1; the others of that end hang on it.</summary>
    private readonly int[] _heads;
    private int _used;

    public SpaceSaving(int counters)
    {
        _counters = new Counter[counters];
        _heap = new int[counters];
        _heads = new int[BitOperations.RoundUpToPowerOf2((uint)counters * 2)];
    }

    /// <summary>A name and its count.</summary>
    public struct Counter
    {
        public string Name;
        public long Count;
        public long Error;
        internal ulong Hash;
        internal int Next;
        internal int InHeap;
    }

    /// <summary>Occurrences counted.</summary>
    public long Total { get; private set; }

    /// <summary>Maximum count of a name without a counter.</summary>
    public long Least => _used < _counters.Length ? 0 : _counters[_heap[0]].Count;

    /// <summary>No error is above it.</summary>
    public long MostError => Total / _counters.Length;

    /// <summary>The counters in use, in no order.</summary>
    public ReadOnlySpan<Counter> Counters => _counters.AsSpan(0, _used);

    /// <summary>Counts a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="hash">Its hash, always by the same function.</param>
    /// <param name="amount">How often it occurred; at least 1.</param>
    /// <param name="isNew">True when the name has got its counter now.</param>
    /// <returns>The place of its counter.</returns>
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

    /// <summary>The place of a name's counter; -1 when it has none.</summary>
    public int SlotOf(string name, ulong hash)
    {
        for (int slot = _heads[End(hash)] - 1; slot >= 0; slot = _counters[slot].Next - 1)
        {
            if (_counters[slot].Hash == hash && _counters[slot].Name == name)
                return slot;
        }

        return -1;
    }

    /// <summary>Forgets everything; allocates nothing.</summary>
    public void Clear()
    {
        // Tenants that are invented leave a counter or two each: to clear all heads for that would cost more than the
        // counting.
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
        // Nothing is below it, so it rises above all that are more.
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

    /// <summary>Moves a counter that has grown below smaller ones.</summary>
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
