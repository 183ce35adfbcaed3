using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;

namespace Weir.Server;

/// <summary>All keys of one moment, by hash. Immutable, so that one version of them judges a request.</summary>
/// <remarks>The time of a look-up may reveal bits of a hash, but no secret follows from them.</remarks>
internal sealed class KeyRing
{
    private const int HashBytes = SHA256.HashSizeInBytes;

    /// <summary>By half of the hash: among so few keys, no two agree in 128 bits.</summary>
    private readonly Dictionary<UInt128, ApiKey> _keys;

    /// <summary>Of two keys with one secret, the first counts.</summary>
    public KeyRing(IEnumerable<ApiKey> keys)
    {
        _keys = [];
        foreach (var key in keys)
            _keys.TryAdd(BinaryPrimitives.ReadUInt128BigEndian(key.Hash), key);
    }

    /// <summary>Null without exactly one header that has a valid key.</summary>
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
