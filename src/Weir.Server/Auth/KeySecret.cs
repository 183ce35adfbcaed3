using System.Security.Cryptography;
using System.Text;

namespace Weir.Server;

/// <summary>
/// Generates and hashes secrets. One unsalted SHA-256 is enough for 256 random bits: NIST SP 800-63B (2017), 5.1.2.2,
/// requires a salt and a slow hash only below 112 bits.
/// </summary>
internal static class KeySecret
{
    /// <summary>Prefix of every generated secret, so that people and secret scanners recognize secrets.</summary>
    public const string Prefix = "weir_";

    /// <summary>Maximum length in characters. A longer secret is invalid and is not hashed.</summary>
    public const int MaxLength = 256;

    /// <summary>Minimum length of a configured secret: 128 bits in random hexadecimal digits.</summary>
    public const int MinLength = 32;

    private const int RandomBytes = 32;

    private const string Scheme = "Bearer ";

    public static string New() => Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>Returns the SHA-256 of a secret, as <c>printf %s KEY | sha256sum</c> prints it.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    public static bool TryHash(string? header, Span<byte> hash)
    {
        if (header is null || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        var secret = header.AsSpan(Scheme.Length).Trim();
        if (secret.Length is 0 or > MaxLength)
            return false;
        // Each UTF-16 code unit needs at most three bytes in UTF-8.
        Span<byte> bytes = stackalloc byte[3 * MaxLength];
        return TryHash(bytes[..Encoding.UTF8.GetBytes(secret, bytes)], hash);
    }

    /// <summary>Hashes a UTF-8 secret into 32 bytes. Returns false if the secret is empty or too long.</summary>
    public static bool TryHash(ReadOnlySpan<byte> secret, Span<byte> hash)
    {
        if (secret.Length is 0 or > 3 * MaxLength)
            return false;
        SHA256.HashData(secret, hash);
        return true;
    }
}
