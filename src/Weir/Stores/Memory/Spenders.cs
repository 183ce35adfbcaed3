namespace Weir;

/// <summary>
/// Which keys may have spent from a shared bucket: 128 bits for each, two of them for a key (Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970). A key
/// that certainly has not begins as new; else one key without a place would make all that come after it begin as the shared bucket stands.
/// </summary>
/// <remarks>A tenant that floods fills its own filter, and then concerns its own keys only. Whoever owns the slot's shard may use it.</remarks>
internal sealed class Spenders(long slots)
{
    private const int WordsPerSlot = 2;
    private const int BitMask = (WordsPerSlot * 64) - 1;

    private readonly ulong[] _words = new ulong[slots * WordsPerSlot];

    public long Bytes => _words.LongLength * sizeof(ulong);

    /// <summary>Nobody has spent from a bucket yet.</summary>
    public void Clear(long slot) => _words.AsSpan((int)(slot * WordsPerSlot), WordsPerSlot).Clear();

    /// <summary>Nobody knows who has.</summary>
    public void Fill(long slot) => _words.AsSpan((int)(slot * WordsPerSlot), WordsPerSlot).Fill(ulong.MaxValue);

    public void Add(long slot, UInt128 key)
    {
        Word(slot, First(key)) |= 1UL << First(key);
        Word(slot, Second(key)) |= 1UL << Second(key);
    }

    public bool MayHave(long slot, UInt128 key) =>
        (Word(slot, First(key)) & (1UL << First(key))) != 0 && (Word(slot, Second(key)) & (1UL << Second(key))) != 0;

    // Of the lower half those bits that choose neither the shard nor a set.
    private static int First(UInt128 key) => (int)((uint)key >> 12) & BitMask;

    private static int Second(UInt128 key) => (int)((uint)key >> 22) & BitMask;

    private ref ulong Word(long slot, int bit) => ref _words[(slot * WordsPerSlot) + (bit >> 6)];
}
