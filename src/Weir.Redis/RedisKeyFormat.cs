using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Weir.Redis;

/// <summary>
/// Spells the Redis key of a bucket, and is the only place that does: <c>{prefix}:{tenant}:limit[:values]</c>; of permits
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
/// <para>A value that the request lacks is a lone <c>#</c>, which no value is spelled as.</para>
/// <para>Where keys are to be private, every value is replaced by its keyed hash (<see cref="KeyHash"/>), which begins with a <c>#</c> too.</para>
/// </remarks>
/// <param name="prefix">What every key begins with.</param>
/// <param name="privacy">By what values are replaced; null to spell them.</param>
internal sealed class RedisKeyFormat(string prefix, KeyHash? privacy)
{
    /// <summary>Bytes of an escaped value, at most; a longer one is hashed.</summary>
    public const int LongestValue = 96;

    /// <summary>Bytes of a character in UTF-8, at most.</summary>
    private const int MostBytes = 3;

    private const string NoValue = "#";
    private const string MemoName = "~memo:";
    private const int RecordDigits = 32;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@/+=,;!$&'()*~|^<>?[]\\\"` ");

    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(prefix + ":{");

    /// <summary>The key of the bucket of one of a request's limits.</summary>
    public byte[] KeyOf(in RequestFacts facts, Limit limit)
    {
        var words = new Arguments();
        Write(facts, limit, words);
        return words[0].ToArray();
    }

    /// <summary>Spells the key of the bucket of one of a request's limits.</summary>
    public void Write(in RequestFacts facts, Limit limit, Arguments to)
    {
        int most = _prefix.Length + 4 + (MostBytes * (facts.Tenant.Length + limit.Name.Length)) + (limit.Dimensions.Length * (1 + LongestValue));
        var key = to.Begin(most);
        _prefix.CopyTo(key);
        int length = _prefix.Length;
        Append(facts.Tenant, key, ref length);
        Append("}:", key, ref length);
        Append(limit.Name, key, ref length);
        if (limit.Quota is ConcurrencyQuota)
            Append("~", key, ref length);
        foreach (var dimension in limit.Dimensions)
        {
            Append(":", key, ref length);
            Append(dimension.ValueIn(facts) is { } value ? Spelled(value) : NoValue, key, ref length);
        }

        to.End(length);
    }

    /// <summary>
    /// The key under which an answer is kept for whoever asks again. It lies with the tenant's buckets. No limit can be called as it is, since names know no <c>~</c>.
    /// </summary>
    public byte[] RecordOf(string tenant, UInt128 id) =>
        Encoding.UTF8.GetBytes($"{prefix}:{{{tenant}}}:{MemoName}{id:x32}");

    /// <summary>The key of the account of stored answers, in the same slot as the records.</summary>
    /// <param name="record">The key of a record.</param>
    public static byte[] AccountOf(ReadOnlySpan<byte> record) =>
        [.. record[..^(MemoName.Length + RecordDigits)], .. "~answers"u8];

    private static void Append(string text, Span<byte> to, ref int length) => length += Encoding.UTF8.GetBytes(text, to[length..]);

    /// <summary>At most <see cref="LongestValue"/> bytes, all of them ASCII.</summary>
    private string Spelled(string value)
    {
        if (privacy is not null)
            return privacy.Of(value);
        if (value.Length <= LongestValue && !value.AsSpan().ContainsAnyExcept(Plain))
            return value;
        string escaped = Escape(value);
        return escaped.Length <= LongestValue ? escaped : "#" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
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
