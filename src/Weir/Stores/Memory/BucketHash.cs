using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Weir;

// Hash of a bucket: XXH3 of tenant, limit and dimension values. A random seed keeps callers from choosing collisions.
// Each field is hashed under the hash of the fields before it, so different fields never spell the same bytes.
internal static class BucketHash
{
    /// <summary>Stands for a missing dimension value: half of a surrogate pair, which no request contains.</summary>
    private const string NoValue = "\uD800";

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

    /// <summary>Returns the hash of a tenant and a limit, without dimension values; 0 only by chance.</summary>
    public static ulong OfLimit(string tenant, Limit limit, long seed) =>
        XxHash3.HashToUInt64(BytesOf(tenant), seed) ^ limit.NameHash;

    public static ulong HeadOf(UInt128 hash) => (ulong)(hash >> 64);

    public static ulong OfName(string name) => XxHash3.HashToUInt64(BytesOf(name));

    private static ReadOnlySpan<byte> BytesOf(string text) => MemoryMarshal.AsBytes(text.AsSpan());
}
