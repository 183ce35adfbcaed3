using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Weir;

/// <summary>Computes 128-bit hashes of texts: SHA-256 or, with privacy, HMAC, which prevents guesses.</summary>
internal readonly struct Fingerprints(KeyHash? privacy)
{
    public UInt128 Of(params ReadOnlySpan<string> parts)
    {
        using var hash = privacy?.Begin() ?? IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string part in parts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return BinaryPrimitives.ReadUInt128BigEndian(hash.GetHashAndReset());
    }

    /// <summary>Returns the costs as canonical text. A unit is a name, so it contains no blank and no =.</summary>
    public static string TextOf(long cost, IReadOnlyDictionary<string, long>? costs)
    {
        string text = cost.ToString(CultureInfo.InvariantCulture);
        return costs is null ? text : string.Concat([text, .. costs.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => string.Create(CultureInfo.InvariantCulture, $" {pair.Key}={pair.Value}"))]);
    }

    /// <summary>Hashes an operation and all facts except the tenant, because each tenant has its own records.</summary>
    public UInt128 Of(string what, in RequestFacts facts)
    {
        var parts = new List<string> { what, facts.Key, TextOf(facts.Cost, facts.Costs) };
        foreach (var (name, value) in (facts.Attributes ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            parts.AddRange([name, value]);
        return Of(parts.ToArray());
    }
}
