namespace Weir;

/// <summary>Bounds of a <see cref="MemoryStore"/>.</summary>
public sealed class MemoryStoreOptions
{
    /// <summary>Minimum of <see cref="MaxKeys"/>.</summary>
    public const int LeastKeys = 64;

    /// <summary>Maximum of <see cref="MaxKeys"/>.</summary>
    public const int MostKeys = 1 << 28;

    /// <summary>Bytes of memory per key, including the key's part of the empty slots.</summary>
    public const int BytesPerKey = 40;

    /// <summary>Maximum bytes of idempotency records and reservations per key of <see cref="MaxKeys"/>.</summary>
    public const int AnswerBytesPerKey = 256;

    /// <summary>Maximum keys of listed tenants, and the same of unlisted ones; 64 to 2^28; default 1,000,000.</summary>
    // Each of the two kinds of tenants reserves BytesPerKey of address space per key; memory grows with the keys.
    public int MaxKeys { get; set; } = 1_000_000;

    /// <summary>Default of <see cref="AnswerBytes"/>: 128 MiB per tenant.</summary>
    public const int DefaultAnswerBytes = 128 * 1024 * 1024;

    /// <summary>Maximum bytes of idempotency records and reservations per tenant; default 128 MiB. Unlisted tenants
    /// share 64 such bounds.</summary>
    public long AnswerBytes { get; set; } = DefaultAnswerBytes;

    /// <summary>Seed of the hash of keys; null (the default) for a random seed. Set it only in tests.</summary>
    public long? HashSeed { get; set; }
}
