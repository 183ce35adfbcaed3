using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Weir.Redis;

/// <summary>
/// Spells the Redis key of a bucket, and is the only place that does: <c>{prefix}:{tenant}:limit[:values]</c>; of places
/// <c>{prefix}:{tenant}:limit~[:values]</c>, since holders are kept in another form, and a limit may become one of another kind.
/// </summary>
/// <remarks>
/// <para>
/// The braces are Redis Cluster's hash tag. It holds the tenant, so all keys of one decision lie in one slot, whatever limits the
/// tenant's plan has now, and a change of plans moves no bucket (law L12).
/// </para>
/// <para>
/// Values are escaped so that no two requests spell the same key: <c>% : { }</c>, <c>#</c> and all that is not printable
/// ASCII become <c>%XX</c>. A value that is longer than <see cref="LongestValue"/> once escaped is replaced by <c>#</c> and its
/// SHA-256 in hexadecimal; the escape keeps a written <c>#</c> from looking like one.
/// </para>
/// <para>Where keys are to be private, every value is replaced by its keyed hash (<see cref="KeyHash"/>), which begins with a <c>#</c> too.</para>
/// </remarks>
/// <param name="prefix">What every key begins with.</param>
/// <param name="privacy">By what values are replaced; null to spell them.</param>
internal sealed class RedisKeyFormat(string prefix, KeyHash? privacy)
{
    /// <summary>Bytes of an escaped value, at most; a longer one is hashed.</summary>
    public const int LongestValue = 96;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@/+=,;!$&'()*~|^<>?[]\\\"` ");

    /// <summary>The key of the bucket of one of a request's limits.</summary>
    public byte[] KeyOf(in RequestFacts facts, Limit limit)
    {
        var text = new StringBuilder(prefix, 128).Append(":{").Append(facts.Tenant).Append("}:").Append(limit.Name);
        if (limit.Quota is ConcurrencyQuota)
            text.Append('~');
        foreach (var dimension in limit.Dimensions)
            AppendValue(text.Append(':'), dimension.ValueIn(facts)!);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>
    /// The key under which an answer is kept for whoever asks again. It lies with the tenant's buckets. No limit can be called as it is, since names know no <c>~</c>.
    /// </summary>
    public byte[] MemoOf(string tenant, UInt128 id) => Encoding.UTF8.GetBytes($"{prefix}:{{{tenant}}}:~memo:{id:x32}");

    private void AppendValue(StringBuilder to, string value)
    {
        if (privacy is not null)
        {
            to.Append(privacy.Of(value));
            return;
        }

        if (value.Length <= LongestValue && !value.AsSpan().ContainsAnyExcept(Plain))
        {
            to.Append(value);
            return;
        }

        string escaped = Escape(value);
        if (escaped.Length <= LongestValue)
            to.Append(escaped);
        else
            to.Append('#').Append(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value))));
    }

    private static string Escape(string value)
    {
        var escaped = new StringBuilder(value.Length * 2);
        foreach (byte b in Encoding.UTF8.GetBytes(value))
        {
            if (Plain.Contains((char)b))
                escaped.Append((char)b);
            else
                escaped.Append('%').Append(b.ToString("X2"));
        }

        return escaped.ToString();
    }
}
