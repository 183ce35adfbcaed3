using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weir;

/// <summary>
/// The 96 bits that a bucket is known by in memory: of the XXH3-128 of tenant, limit and dimension values under a random seed of
/// this process, so that nobody outside can choose keys that meet. The other 32 name the tenant in a bucket that has a place.
/// </summary>
/// <remarks>
/// Every part is preceded by its length, so different parts never spell the same bytes. At a million keys two of them
/// share a hash with a chance of one in 10^17.
/// </remarks>
internal static class BucketHash
{
    private const int OnStack = 512;

    /// <summary>The bit of a tenant's name that says that the tenant is not listed.</summary>
    private const uint NotListed = 0x8000_0000;

    /// <summary>The hash of the bucket of one of a request's limits. Its low half is never zero: zero marks an empty slot.</summary>
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

    /// <summary>The hash of the one bucket that a tenant's keys share for a limit when there is no room for their own.</summary>
    /// <param name="limits">The request.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="seed">Of the hash.</param>
    /// <param name="common">True for the one that all tenants share that no policy names, when there is no room for one of each: they can be invented without end.</param>
    [SkipLocalsInit]
    public static UInt128 OfOverflow(in LimitSet limits, Limit limit, long seed, bool common = false)
    {
        Span<byte> bytes = stackalloc byte[OnStack];
        var rest = Write(limit.Name, Write(common ? "" : limits.Facts.Tenant, bytes));
        return NotZero(XxHash128.HashToUInt128(bytes[..(OnStack - rest.Length)], ~seed));
    }

    /// <summary>
    /// The hash with the name of its tenant in the bits 64 to 95, which choose no slot: by these a set of slots tells
    /// whose they are, and by the highest of them whether the tenant is listed.
    /// </summary>
    /// <remarks>
    /// 31 bits: two of a thousand tenants share a name, and so a share of the slots, with a chance of one in 4,000.
    /// </remarks>
    public static UInt128 WithTenant(UInt128 hash, in LimitSet limits, long seed)
    {
        uint tenant = limits.TenantIsListed ? TenantHash(limits, seed) & ~NotListed : TenantHash(limits, seed) | NotListed;
        return new UInt128(((ulong)(hash >> 64) & ~(ulong)uint.MaxValue) | tenant, (ulong)hash);
    }

    /// <summary>
    /// As <see cref="WithTenant"/>, for the one bucket that all tenants share that are not listed: it lies with those
    /// of listed ones, where they leave it room.
    /// </summary>
    public static UInt128 AsListed(UInt128 hash) => hash & ~((UInt128)NotListed << 64);

    /// <summary>Whether the tenant that a hash names is listed.</summary>
    public static bool IsListed(UInt128 hash) => ((uint)(hash >> 64) & NotListed) == 0;

    private static uint TenantHash(in LimitSet limits, long seed) => (uint)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(limits.Facts.Tenant.AsSpan()), seed);

    private static int PartSize(string part) => sizeof(ushort) + (part.Length * sizeof(char));

    private static Span<byte> Write(string part, Span<byte> to)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)part.Length);
        MemoryMarshal.AsBytes(part.AsSpan()).CopyTo(to[sizeof(ushort)..]);
        return to[PartSize(part)..];
    }

    private static UInt128 NotZero(UInt128 hash) => (ulong)hash == 0 ? hash | 1 : hash;
}
