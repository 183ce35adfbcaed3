using System.Security.Cryptography;
using System.Text;

namespace Weir.Server;

/// <summary>The secret that a key is: how it is made, and the hash that is all we keep of it.</summary>
/// <remarks>
/// One round of SHA-256 is enough, without salt: a slow hash makes up for what a password lacks in randomness, and a
/// key made here has 256 bits of it, so there is nothing to try out. NIST SP 800-63B (2017), 5.1.2.2, asks for a salt
/// and a slow hash below 112 bits only.
/// </remarks>
internal static class KeySecret
{
    /// <summary>
    /// What every key made here begins with, so that people, and whatever looks for secrets in places they should not
    /// be in, recognise it.
    /// </summary>
    public const string Prefix = "weir_";

    /// <summary>Characters of a secret, at most; a longer one is none, and is not hashed at all.</summary>
    public const int MaxLength = 256;

    /// <summary>Minimum length of a secret that Weir did not make: 128 bits of random hexadecimal digits.</summary>
    public const int MinLength = 32;

    private const int RandomBytes = 32;

    private const string Scheme = "Bearer ";

    /// <summary>Returns a new random secret.</summary>
    public static string New() => Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>The hash of a secret, as it is kept: what <c>printf %s KEY | sha256sum</c> prints.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Hashes the secret of an <c>Authorization</c> header. False when there is none in it.</summary>
    /// <param name="header">The header's value.</param>
    /// <param name="hash">32 bytes to write it to.</param>
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
