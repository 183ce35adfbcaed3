namespace Weir;

/// <summary>The bounds of a <see cref="MemoryStore"/>.</summary>
public sealed class MemoryStoreOptions
{
    /// <summary>Keys that <see cref="MaxKeys"/> may be, at least.</summary>
    public const int LeastKeys = 64;

    /// <summary>Keys that <see cref="MaxKeys"/> may be, at most.</summary>
    public const int MostKeys = 1 << 28;

    /// <summary>The bytes that a key takes in memory, its share of the slots that are left empty included.</summary>
    public const int BytesPerKey = 40;

    /// <summary>
    /// The bytes of reservations and idempotency records that are kept for each key that the store is sized for, at
    /// most.
    /// </summary>
    public const int AnswerBytesPerKey = 256;

    /// <summary>
    /// Keys of listed tenants that the store is sized for, and as many again of all other tenants; from 64 to 2^28,
    /// 1,000,000 by default. It takes
    /// <see cref="BytesPerKey"/> of address space a key when the first tenant of a kind comes, and of memory as its
    /// keys come; it never grows beyond both.
    /// </summary>
    public int MaxKeys { get; set; } = 1_000_000;

    /// <summary>The default of <see cref="AnswerBytes"/>: 128 MiB.</summary>
    public const int DefaultAnswerBytes = 128 * 1024 * 1024;

    /// <summary>
    /// Maximum bytes of the stored answers of one tenant: its idempotency records and reservations; 128 MiB by default.
    /// Tenants that are not listed have 64 such bounds together.
    /// </summary>
    public long AnswerBytes { get; set; } = DefaultAnswerBytes;

    /// <summary>The seed of the hash that keys are known by; random by default. For tests.</summary>
    public long? HashSeed { get; set; }
}
