using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Weir;

internal enum ReservationHome
{
    /// <summary>Any instance can settle it.</summary>
    Redis,

    /// <summary>Only the instance that made it can settle it.</summary>
    Memory,
}

// Format: location (r or m), number and token as 48 hexadecimal digits, a dot, the tenant. The random token keeps an id
// secret whose number is derived from an idempotency key.
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

    /// <summary>Compares in constant time.</summary>
    public bool HasToken(string token) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Token), Encoding.UTF8.GetBytes(token));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Homes[(int)Home]}{Number:x32}{Token}.{Tenant}");
}
