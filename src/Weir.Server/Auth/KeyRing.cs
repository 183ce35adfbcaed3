using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace Weir.Server;

/// <summary>Immutable snapshot of all keys, indexed by hash, so that each request sees one version.</summary>
/// <remarks>The lookup time may reveal bits of a hash, but a hash reveals nothing about its secret.</remarks>
internal sealed class KeyRing
{
    private const int HashBytes = SHA256.HashSizeInBytes;

    /// <summary>Keys by the first 128 bits of their hash, which are unique in practice.</summary>
    private readonly Dictionary<UInt128, ApiKey> _keys;

    /// <summary>Indexes the keys. If two keys have the same secret, the first key is used.</summary>
    public KeyRing(IEnumerable<ApiKey> keys)
    {
        _keys = [];
        foreach (var key in keys)
            _keys.TryAdd(BinaryPrimitives.ReadUInt128BigEndian(key.Hash), key);
    }

    /// <summary>Returns the key of an <c>Authorization</c> header; null without exactly one valid header.</summary>
    public ApiKey? Find(StringValues header, TimeProvider time)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        return header.Count == 1 && KeySecret.TryHash(header[0], hash) ? OfHash(hash, time) : null;
    }

    /// <summary>Returns the key of a UTF-8 secret; null if the secret is unknown or the key has expired.</summary>
    public ApiKey? Find(ReadOnlySpan<byte> secret, TimeProvider time)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        return KeySecret.TryHash(secret, hash) ? OfHash(hash, time) : null;
    }

    /// <summary>Returns the key of a hash; null if the hash is unknown or the key has expired.</summary>
    public ApiKey? OfHash(ReadOnlySpan<byte> hash, TimeProvider time)
    {
        if (!_keys.TryGetValue(BinaryPrimitives.ReadUInt128BigEndian(hash), out var key) || !CryptographicOperations.FixedTimeEquals(hash, key.Hash))
            return null;
        return key.Until is { } until && until <= time.GetUtcNow() ? null : key;
    }
}
