using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Weir;

/// <summary>
/// The hash of a bucket: XXH3 of tenant, limit and dimension values under a random seed of this process, so that no
/// caller outside can choose keys that meet. Its upper half is the bucket's head in a <see cref="SlotSet"/>.
/// </summary>
/// <remarks>
/// Each part is hashed by itself, under the hash of the parts before it, so different parts never spell the same bytes
/// and nothing is copied.
/// </remarks>
internal static class BucketHash
{
    /// <summary>
    /// Stands for a value that the request lacks: half of a surrogate pair, which no request may hold.
    /// </summary>
    private const string NoValue = "\uD800";

    /// <summary>The hash of the bucket of one of a request's limits.</summary>
    public static UInt128 Of(in RequestFacts facts, Limit limit, long seed)
    {
        ulong tenant = XxHash3.HashToUInt64(BytesOf(facts.Tenant), seed);
        long before = (long)(tenant ^ limit.NameHash);
        var dimensions = limit.Dimensions.AsSpan();
        for (int i = 0; i < dimensions.Length - 1; i++)
            before = (long)XxHash3.HashToUInt64(BytesOf(dimensions[i].ValueIn(facts) ?? NoValue), before);
        var hash = XxHash128.HashToUInt128(dimensions.IsEmpty ? [] : BytesOf(dimensions[^1].ValueIn(facts) ?? NoValue), before);
        return new UInt128(SlotSet.HeadOf((ulong)(hash >> 64), tenant), (ulong)hash);
    }

    /// <summary>The hash of a limit of a tenant, whatever its dimensions; 0 only by chance.</summary>
    public static ulong OfLimit(string tenant, Limit limit, long seed) =>
        XxHash3.HashToUInt64(BytesOf(tenant), seed) ^ limit.NameHash;

    /// <summary>The head of the bucket with a hash.</summary>
    public static ulong HeadOf(UInt128 hash) => (ulong)(hash >> 64);

    /// <summary>The hash of a name without a seed.</summary>
    public static ulong OfName(string name) => XxHash3.HashToUInt64(BytesOf(name));

    private static ReadOnlySpan<byte> BytesOf(string text) => MemoryMarshal.AsBytes(text.AsSpan());
}
