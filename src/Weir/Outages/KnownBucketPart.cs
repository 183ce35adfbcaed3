namespace Weir;

/// <summary>
/// A part of <see cref="KnownBuckets"/> with a lock of its own: sets of places, one of which each hash has.
/// </summary>
/// <param name="sets">The number of sets.</param>
internal sealed class KnownBucketPart(int sets)
{
    /// <summary>Places of a set.</summary>
    public const int Ways = 8;

    private KnownBucket[]? _entries;

    public readonly Lock Gate = new();

    public Span<KnownBucket> Entries => _entries;

    /// <summary>The places of buckets with unsettled spending.</summary>
    public List<int> Owing { get; } = [];

    public int Find(UInt128 hash)
    {
        int from = SetOf(hash);
        for (int i = from; _entries is not null && i < from + Ways; i++)
        {
            if (_entries[i].Hash == hash)
                return i;
        }

        return -1;
    }

    /// <summary>Returns a place for another bucket; -1 if none of its places is settled.</summary>
    public int PlaceFor(UInt128 hash, in StoreTime time)
    {
        _entries ??= new KnownBucket[sets * Ways];
        int from = SetOf(hash), oldest = -1;
        for (int i = from; i < from + Ways; i++)
        {
            ref var entry = ref _entries[i];
            if (entry.IsEmpty)
                return i;
            if (entry.Owes)
                continue;
            if (entry.Limit.Quota.ResetUs(entry.Base, time) == 0)
                return i;
            if (oldest < 0 || entry.HeardUs < _entries[oldest].HeardUs)
                oldest = i;
        }

        return oldest;
    }

    private int SetOf(UInt128 hash) => (int)(((ulong)hash >> 32) * (ulong)sets >> 32) * Ways;
}
