using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Weir;

/// <summary>Where a reservation is kept.</summary>
internal enum ReservationHome
{
    /// <summary>In Redis: any instance can settle it.</summary>
    Redis,

    /// <summary>In the memory of the instance that made it.</summary>
    Memory,
}

/// <summary>
/// A reservation's id, and the only place that spells it: where it is kept (<c>r</c> or <c>m</c>), its number and its
/// token as 48 hexadecimal digits, a dot, the tenant.
/// </summary>
/// <param name="Home">Where it is kept.</param>
/// <param name="Number">Its number in the store: random, or the hash of the caller's idempotency key.</param>
/// <param name="Token">16 random digits, since a number that comes from an idempotency key can be computed.</param>
/// <param name="Tenant">Whose it is.</param>
internal readonly record struct ReservationId(ReservationHome Home, UInt128 Number, string Token, string Tenant)
{
    private const string Homes = "rm";
    private const int NumberDigits = 32;
    private const int TokenDigits = 16;
    private const int Dot = 1 + NumberDigits + TokenDigits;

    public static string NewToken() => RandomNumberGenerator.GetHexString(TokenDigits, lowercase: true);

    public static bool TryParse(string text, out ReservationId id)
    {
        id = default;
        int home = text.Length > Dot + 1 ? Homes.IndexOf(text[0], StringComparison.Ordinal) : -1;
        if (home < 0 || text[Dot] != '.' || !Bounds.IsTenant(text.AsSpan(Dot + 1)))
            return false;
        if (!UInt128.TryParse(text.AsSpan(1, NumberDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
            return false;
        id = new ReservationId((ReservationHome)home, number, text[(1 + NumberDigits)..Dot], text[(Dot + 1)..]);
        return true;
    }

    /// <summary>True if this is the token, compared in constant time.</summary>
    public bool HasToken(string token) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Token), Encoding.UTF8.GetBytes(token));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Homes[(int)Home]}{Number:x32}{Token}.{Tenant}");
}
