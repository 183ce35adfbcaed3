using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Weir;

/// <summary>A separately locked part of <see cref="KnownBuckets"/>. Each hash may use the slots of one set.</summary>
internal sealed class KnownBucketPart(int sets)
{
    /// <summary>Slots per set: one vector instruction compares all tags of a set.</summary>
    public const int Ways = 8;

    private KnownBucket[] _entries = [];
    private uint[] _tags = [];

    public readonly Lock Gate = new();

    public Span<KnownBucket> Entries => _entries;

    public List<int> Owing { get; } = [];

    public Queue<LeaseEnd> Ends { get; } = [];

    public long Decided;

    public int Find(UInt128 hash)
    {
        if (_tags.Length == 0)
            return -1;
        int from = SetOf(hash);
        var tags = Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(_tags), (uint)from);
        for (uint found = Vector256.Equals(tags, Vector256.Create(TagOf(hash))).ExtractMostSignificantBits(); found != 0; found &= found - 1)
        {
            int slot = from + (int)uint.TrailingZeroCount(found);
            if (_entries[slot].Hash == hash)
                return slot;
        }

        return -1;
    }

    /// <summary>Adds a bucket and returns its slot; -1 if all buckets of its set are unsettled or leased.</summary>
    public int Add(UInt128 hash, in LimitSet limits, in StoreTime now)
    {
        if (_tags.Length == 0)
            (_entries, _tags) = (new KnownBucket[sets * Ways], new uint[sets * Ways]);
        int slot = SlotFor(SetOf(hash), now);
        if (slot >= 0)
            (_entries[slot], _tags[slot]) = (KnownBucket.Of(hash, limits, now.NowUs), TagOf(hash));
        return slot;
    }

    private int SlotFor(int from, in StoreTime now)
    {
        int oldest = -1;
        for (int i = from; i < from + Ways; i++)
        {
            ref var entry = ref _entries[i];
            if (_tags[i] == 0 || entry.IsAsNew(now))
                return i;
            if (!entry.Owes && !entry.Lease.IsHeld && (oldest < 0 || entry.UsedUs < _entries[oldest].UsedUs))
                oldest = i;
        }

        return oldest;
    }

    /// <summary>Returns the tag of a hash. Never 0, which marks an empty slot.</summary>
    private static uint TagOf(UInt128 hash) => (uint)(hash >> 96) | 1;

    private int SetOf(UInt128 hash) => (int)(((ulong)hash >> 32) * (ulong)sets >> 32) * Ways;
}
