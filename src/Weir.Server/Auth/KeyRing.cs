using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace Weir.Server;

/// <summary>
/// Every key of one moment, by its hash: immutable, so that a request is judged by one version of them.
/// </summary>
/// <remarks>
/// The time of a look-up by hash reveals nothing: an attacker who learned from it how many bits of a hash are right
/// would still have to find a secret with such a hash, and could not improve a guess step by step. The entry found is
/// still compared as a whole, in constant time.
/// </remarks>
internal sealed class KeyRing
{
    private const int HashBytes = SHA256.HashSizeInBytes;

    /// <summary>By half of the hash: that two of so few keys agree in 128 bits does not happen.</summary>
    private readonly Dictionary<UInt128, ApiKey> _keys;

    /// <param name="keys">The keys. Of two with one secret, the first is meant.</param>
    public KeyRing(IEnumerable<ApiKey> keys)
    {
        _keys = [];
        foreach (var key in keys)
            _keys.TryAdd(BinaryPrimitives.ReadUInt128BigEndian(key.Hash), key);
    }

    /// <summary>
    /// The key that an <c>Authorization</c> header has; null when there is none in it, or one that opens nothing (any
    /// more).
    /// </summary>
    /// <param name="header">All values of the header: sent twice, it says nothing.</param>
    /// <param name="time">Asked only about a key that has an end.</param>
    public ApiKey? Find(StringValues header, TimeProvider time)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        return header.Count == 1 && KeySecret.TryHash(header[0], hash) ? OfHash(hash, time) : null;
    }

    /// <summary>The key of a secret in UTF-8; null if it opens nothing (any more).</summary>
    public ApiKey? Find(ReadOnlySpan<byte> secret, TimeProvider time)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        return KeySecret.TryHash(secret, hash) ? OfHash(hash, time) : null;
    }

    /// <summary>The key of a secret's hash; null if it opens nothing (any more).</summary>
    public ApiKey? OfHash(ReadOnlySpan<byte> hash, TimeProvider time)
    {
        if (!_keys.TryGetValue(BinaryPrimitives.ReadUInt128BigEndian(hash), out var key) || !CryptographicOperations.FixedTimeEquals(hash, key.Hash))
            return null;
        return key.Until is { } until && until <= time.GetUtcNow() ? null : key;
    }
}
