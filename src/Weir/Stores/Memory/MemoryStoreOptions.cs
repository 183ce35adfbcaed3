namespace Weir;

/// <summary>The bounds of a <see cref="MemoryStore"/>.</summary>
public sealed class MemoryStoreOptions
{
    /// <summary>Keys that <see cref="MaxKeys"/> may be, at least.</summary>
    public const int LeastKeys = 64;

    /// <summary>Keys that <see cref="MaxKeys"/> may be, at most.</summary>
    public const int MostKeys = 1 << 28;

    /// <summary>What a key takes in memory, its share of the places that are left empty included.</summary>
    public const int BytesPerKey = 61;

    /// <summary>
    /// Buckets the store is sized for, from 64 to 2^28; 1,000,000 by default. It takes <see cref="BytesPerKey"/> of address space a key at
    /// once, and of memory as keys come; it never grows.
    /// </summary>
    public int MaxKeys { get; set; } = 1_000_000;

    /// <summary>The seed of the hash that keys are known by; random by default. For tests.</summary>
    public long? HashSeed { get; set; }
}
