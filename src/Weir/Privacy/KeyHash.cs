using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Weir;

/// <summary>Hides values from Redis and logs: hashes by HMAC-SHA256 (RFC 2104), or encrypts by AES-256-GCM.</summary>
/// <remarks>Instances that share buckets need the same secret; a new secret resets all buckets. Thread-safe.</remarks>
public sealed class KeyHash
{
    /// <summary>Minimum length of a secret in characters.</summary>
    public const int MinSecret = 32;

    private const int OnStack = 512;
    private const int HashLength = 1 + 43;
    private readonly byte[] _hashKey;
    private readonly byte[] _sealKey;

    /// <summary>Derives both keys from a secret of at least <see cref="MinSecret"/> characters.</summary>
    /// <exception cref="ArgumentException">The secret is too short.</exception>
    public KeyHash(string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (secret.Length < MinSecret)
            throw new ArgumentException($"a secret has {MinSecret} characters at least", nameof(secret));
        byte[] bytes = Encoding.UTF8.GetBytes(secret);
        _hashKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, bytes, 32, info: "weir values"u8.ToArray());
        _sealKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, bytes, 32, info: "weir seals"u8.ToArray());
    }

    /// <summary>Returns <c>#</c> and the HMAC-SHA256 of a value, in 43 characters of base64url.</summary>
    public string Of(string value)
    {
        Span<byte> bytes = stackalloc byte[OnStack];
        if (!Encoding.UTF8.TryGetBytes(value, bytes, out int length))
            bytes = Encoding.UTF8.GetBytes(value);
        else
            bytes = bytes[..length];
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_hashKey, bytes, hash);
        return "#" + Base64Url.EncodeToString(hash);
    }

    /// <summary>Returns whether a text has the form of a hash: <c>#</c> and 43 characters of base64url.</summary>
    public static bool IsHash(string text) => text.Length == HashLength && text[0] == '#' && Base64Url.IsValid(text.AsSpan(1));

    internal IncrementalHash Begin() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _hashKey);

    internal byte[] Seal(ReadOnlySpan<byte> text)
    {
        int nonce = AesGcm.NonceByteSizes.MaxSize, tag = AesGcm.TagByteSizes.MaxSize;
        byte[] sealedText = new byte[nonce + tag + text.Length];
        RandomNumberGenerator.Fill(sealedText.AsSpan(0, nonce));
        using var aes = new AesGcm(_sealKey, tag);
        aes.Encrypt(sealedText.AsSpan(0, nonce), text, sealedText.AsSpan(nonce + tag), sealedText.AsSpan(nonce, tag));
        return sealedText;
    }

    internal bool TryOpen(ReadOnlySpan<byte> sealedText, [NotNullWhen(true)] out byte[]? text)
    {
        int nonce = AesGcm.NonceByteSizes.MaxSize, tag = AesGcm.TagByteSizes.MaxSize;
        text = null;
        if (sealedText.Length < nonce + tag)
            return false;
        byte[] opened = new byte[sealedText.Length - nonce - tag];
        using var aes = new AesGcm(_sealKey, tag);
        try
        {
            aes.Decrypt(sealedText[..nonce], sealedText[(nonce + tag)..], sealedText.Slice(nonce, tag), opened);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        text = opened;
        return true;
    }
}
