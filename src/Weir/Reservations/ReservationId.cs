using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Weir;

internal enum ReservationHome
{
    /// <summary>Redis stores the reservation, and any instance can settle it.</summary>
    Redis,

    /// <summary>One instance stores the reservation, and only this instance can settle it.</summary>
    Memory,
}

// Format: home (r for Redis, m for memory), number and token as 48 hexadecimal digits, a dot, the tenant. The random
// token prevents guesses, because the number may come from an idempotency key.
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

    public bool HasToken(string token) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Token), Encoding.UTF8.GetBytes(token));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Homes[(int)Home]}{Number:x32}{Token}.{Tenant}");
}
