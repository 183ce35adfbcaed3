namespace Weir;

/// <summary>Bounds of a <see cref="MemoryStore"/>.</summary>
public sealed class MemoryStoreOptions
{
    /// <summary>Minimum of <see cref="MaxKeys"/>.</summary>
    public const int LeastKeys = 64;

    /// <summary>Maximum of <see cref="MaxKeys"/>.</summary>
    public const int MostKeys = 1 << 28;

    /// <summary>Bytes per key in memory, including its share of empty slots.</summary>
    public const int BytesPerKey = 40;

    /// <summary>Maximum bytes of reservations and idempotency records per key of <see cref="MaxKeys"/>.</summary>
    public const int AnswerBytesPerKey = 256;

    /// <summary>Keys of listed tenants, and as many of all others: 64 to 2^28; default 1,000,000.</summary>
    // Reserves BytesPerKey of address space per key with the first tenant of a kind; memory follows the keys.
    public int MaxKeys { get; set; } = 1_000_000;

    /// <summary>Default of <see cref="AnswerBytes"/>: 128 MiB.</summary>
    public const int DefaultAnswerBytes = 128 * 1024 * 1024;

    /// <summary>Maximum bytes of answers per tenant; default 128 MiB. Unlisted tenants share 64 such bounds.</summary>
    public long AnswerBytes { get; set; } = DefaultAnswerBytes;

    /// <summary>Seed of the hash of keys; random by default. For tests.</summary>
    public long? HashSeed { get; set; }
}
