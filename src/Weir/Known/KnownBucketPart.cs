using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Weir;

/// <summary>
/// A part of <see cref="KnownBuckets"/> with a lock of its own: sets of slots, one of which each hash has.
/// </summary>
/// <param name="sets">The number of sets.</param>
internal sealed class KnownBucketPart(int sets)
{
    /// <summary>Slots of a set: the tags of a set are compared at once.</summary>
    public const int Ways = 8;

    private KnownBucket[] _entries = [];
    private uint[] _tags = [];

    public readonly Lock Gate = new();

    public Span<KnownBucket> Entries => _entries;

    /// <summary>The slots of buckets with unsettled spending.</summary>
    public List<int> Owing { get; } = [];

    /// <summary>The ends of leases, in the order in which these were granted.</summary>
    public Queue<LeaseEnd> Ends { get; } = [];

    /// <summary>Decisions that were made here without the primary.</summary>
    public long Decided;

    /// <summary>Returns the slot of a bucket; -1 if it is not known.</summary>
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

    /// <summary>
    /// Begins to know a bucket. Returns its place; -1 if all buckets of its set are unsettled or leased.
    /// </summary>
    /// <param name="hash">The bucket.</param>
    /// <param name="limits">A request for it, with this limit only.</param>
    /// <param name="now">The time of the table.</param>
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

    /// <summary>Never 0, which is the tag of an empty slot.</summary>
    private static uint TagOf(UInt128 hash) => (uint)(hash >> 96) | 1;

    private int SetOf(UInt128 hash) => (int)(((ulong)hash >> 32) * (ulong)sets >> 32) * Ways;
}
