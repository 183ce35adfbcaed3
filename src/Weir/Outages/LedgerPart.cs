namespace Weir;

/// <summary>A part of the <see cref="Ledger"/>, with a lock of its own: sets of places, of which a hash has one.</summary>
/// <param name="sets">How many sets.</param>
internal sealed class LedgerPart(int sets)
{
    /// <summary>Places of a set.</summary>
    public const int Ways = 8;

    private LedgerEntry[]? _entries;

    public readonly Lock Gate = new();

    public Span<LedgerEntry> Entries => _entries;

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

    /// <summary>A place for a bucket that is not here; -1 when all of its places owe.</summary>
    public int PlaceFor(UInt128 hash, in StoreTime time)
    {
        _entries ??= new LedgerEntry[sets * Ways];
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
