using System.Globalization;
using System.Security.Cryptography;

namespace Weir;

/// <summary>Where a reservation is kept.</summary>
internal enum ReservationHome
{
    /// <summary>In Redis: any instance can settle it.</summary>
    Redis,

    /// <summary>In the memory of the instance that made it.</summary>
    Memory,

    /// <summary>Nowhere: no bucket was asked, so there is nothing to settle.</summary>
    Nowhere,
}

/// <summary>A reservation's name, and the only place that spells it: where it is kept (<c>r</c>, <c>m</c>, <c>n</c>), 32 hexadecimal digits, a dot, the tenant.</summary>
/// <param name="Home">Where it is kept.</param>
/// <param name="Number">128 bits that nobody guesses.</param>
/// <param name="Tenant">Whose it is.</param>
internal readonly record struct ReservationId(ReservationHome Home, UInt128 Number, string Tenant)
{
    private const string Homes = "rmn";
    private const int Digits = 32;

    public static UInt128 NewNumber()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public static bool TryParse(string text, out ReservationId id)
    {
        id = default;
        int home = text.Length > Digits + 2 ? Homes.IndexOf(text[0], StringComparison.Ordinal) : -1;
        if (home < 0 || text[Digits + 1] != '.' || !Bounds.IsTenant(text.AsSpan(Digits + 2)))
            return false;
        if (!UInt128.TryParse(text.AsSpan(1, Digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
            return false;
        id = new ReservationId((ReservationHome)home, number, text[(Digits + 2)..]);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Homes[(int)Home]}{Number:x32}.{Tenant}");
}
