using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weir;

/// <summary>
/// The 128 bits that a bucket is known by in memory: XXH3-128 of tenant, limit and dimension values under a random seed of
/// this process, so that nobody outside can choose keys that meet.
/// </summary>
/// <remarks>
/// Every part is preceded by its length, so different parts never spell the same bytes. At a million keys two of them
/// share a hash with a chance of one in 10^26.
/// </remarks>
internal static class BucketHash
{
    private const int OnStack = 512;

    /// <summary>The hash of the bucket of one of a request's limits. Never zero: zero marks an empty slot.</summary>
    [SkipLocalsInit]
    public static UInt128 Of(in RequestFacts facts, Limit limit, long seed)
    {
        int size = PartSize(facts.Tenant) + PartSize(limit.Name);
        var dimensions = limit.Dimensions;
        foreach (var dimension in dimensions)
            size += PartSize(dimension.ValueIn(facts)!);

        byte[]? rented = null;
        var bytes = size <= OnStack ? stackalloc byte[OnStack] : (rented = ArrayPool<byte>.Shared.Rent(size));
        var rest = Write(limit.Name, Write(facts.Tenant, bytes));
        foreach (var dimension in dimensions)
            rest = Write(dimension.ValueIn(facts)!, rest);
        var hash = NotZero(XxHash128.HashToUInt128(bytes[..size], seed));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return hash;
    }

    /// <summary>
    /// The hash of the one bucket that a tenant's keys share for a limit when there is no room for their own. Tenants that no policy
    /// names share one together, since whoever invents keys can invent tenants too.
    /// </summary>
    [SkipLocalsInit]
    public static UInt128 OfOverflow(in LimitSet limits, Limit limit, long seed)
    {
        Span<byte> bytes = stackalloc byte[OnStack];
        var rest = Write(limit.Name, Write(limits.TenantIsListed ? limits.Facts.Tenant : "", bytes));
        return NotZero(XxHash128.HashToUInt128(bytes[..(OnStack - rest.Length)], ~seed));
    }

    private static int PartSize(string part) => sizeof(ushort) + (part.Length * sizeof(char));

    private static Span<byte> Write(string part, Span<byte> to)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)part.Length);
        MemoryMarshal.AsBytes(part.AsSpan()).CopyTo(to[sizeof(ushort)..]);
        return to[PartSize(part)..];
    }

    private static UInt128 NotZero(UInt128 hash) => hash == 0 ? 1 : hash;
}
