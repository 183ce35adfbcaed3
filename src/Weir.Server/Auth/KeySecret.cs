using System.Security.Cryptography;
using System.Text;

namespace Weir.Server;

/// <summary>
/// Makes secrets and hashes them. One SHA-256 without salt is enough for 256 random bits: NIST SP 800-63B (2017),
/// 5.1.2.2, asks for a salt and a slow hash below 112 bits only.
/// </summary>
internal static class KeySecret
{
    /// <summary>Beginning of every secret, by which people and secret scanners recognize it.</summary>
    public const string Prefix = "weir_";

    /// <summary>Maximum characters. A longer secret is invalid, and is not hashed.</summary>
    public const int MaxLength = 256;

    /// <summary>Minimum length of a secret that Weir did not make: 128 bits of random hexadecimal digits.</summary>
    public const int MinLength = 32;

    private const int RandomBytes = 32;

    private const string Scheme = "Bearer ";

    public static string New() => Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>Returns the hash that <c>printf %s KEY | sha256sum</c> prints.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    public static bool TryHash(string? header, Span<byte> hash)
    {
        if (header is null || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        var secret = header.AsSpan(Scheme.Length).Trim();
        if (secret.Length is 0 or > MaxLength)
            return false;
        // A UTF-16 code unit is at most three bytes of UTF-8.
        Span<byte> bytes = stackalloc byte[3 * MaxLength];
        return TryHash(bytes[..Encoding.UTF8.GetBytes(secret, bytes)], hash);
    }

    /// <summary>Hashes a secret in UTF-8. False if it is empty or too long.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="hash">32 bytes to write it to.</param>
    public static bool TryHash(ReadOnlySpan<byte> secret, Span<byte> hash)
    {
        if (secret.Length is 0 or > 3 * MaxLength)
            return false;
        SHA256.HashData(secret, hash);
        return true;
    }
}
