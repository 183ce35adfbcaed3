namespace Weir.Simulation.Worlds;

/// <summary>How much an instance has room for: little, since to make large tables costs more than a history.</summary>
internal sealed record WorldSizes
{
    /// <summary>Buckets of the fallback's memory.</summary>
    public int MemoryKeys { get; init; } = 4_096;

    /// <summary>Known buckets.</summary>
    public int KnownBuckets { get; init; } = 8_192;

    /// <summary>Bytes of the stored answers of a tenant, in Redis and in memory.</summary>
    public long AnswerBytes { get; init; } = MemoryStoreOptions.DefaultAnswerBytes;
}
