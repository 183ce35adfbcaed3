using System.Buffers;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Weir.Redis;

/// <summary>Writes the Redis keys of buckets, <c>{prefix}:{tag}:limit[:values]</c>, and of permits,
/// <c>{prefix}:{tag}:limit~[:values]</c>: their formats differ, and the kind of a limit may change.</summary>
/// <remarks>
/// The braces are Redis Cluster's hash tag. With one partition, the tag is the tenant; otherwise it is the tenant, a
/// colon and the partition as three octal digits: <c>{acme:017}</c>. The tenants of shards
/// (<see cref="ShardTenant"/>) have no partitions.
/// The partition is the XXH3 (64 bits, seed 0) of the values as written in the key, each after its colon, modulo the
/// number of partitions. So limits with the same dimensions share a slot, and a change of plans moves no bucket (law
/// L12). Each octal digit sets slot bits of its own, because CRC16 is linear: partitions lie evenly over the slots.
/// Different requests have different keys: <c>% : { } #</c> and all but printable ASCII become <c>%XX</c>. A value
/// longer than <see cref="LongestValue"/> once escaped becomes <c>#</c> and its SHA-256 in hexadecimal, and a
/// missing value a lone <c>#</c>. A private value becomes its keyed hash (<see cref="KeyHash"/>), with <c>#</c> first.
/// </remarks>
internal sealed class RedisKeyFormat(string prefix, KeyHash? privacy, PartitionCount partitions)
{
    /// <summary>Maximum bytes of an escaped value. A longer value is hashed.</summary>
    public const int LongestValue = 96;

    private const int MostBytes = 3;

    /// <summary>Bytes of a partition in a hash tag: a colon and three digits.</summary>
    private const int PartitionBytes = 4;

    private const string NoValue = "#";
    private const string MemoName = "~memo:";
    private const int RecordDigits = 32;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@/+=,;!$&'()*~|^<>?[]\\\"` ");

    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(prefix + ":{");

    public byte[] KeyOf(in RequestFacts facts, Limit limit)
    {
        var words = new Arguments();
        Write(facts, limit, words);
        return words[0].ToArray();
    }

    public void Write(in RequestFacts facts, Limit limit, Arguments to)
    {
        int names = MostBytes * (facts.Tenant.Length + limit.Name.Length);
        int most = _prefix.Length + PartitionBytes + 4 + names + MostOfValues(limit);
        var key = to.Begin(most);
        _prefix.CopyTo(key);
        int length = _prefix.Length;
        Append(facts.Tenant, key, ref length);
        int partition = length;
        length += IsSplit(facts.Tenant) ? PartitionBytes : 0;
        Append("}:", key, ref length);
        Append(limit.Name, key, ref length);
        if (limit.Quota is ConcurrencyQuota)
            Append("~", key, ref length);
        int values = length;
        AppendValues(facts, limit, key, ref length);
        if (IsSplit(facts.Tenant))
            WritePartition(PartitionOf(key[values..length]), key[partition..]);
        to.End(length);
    }

    public int PartitionOf(in RequestFacts facts, Limit limit)
    {
        if (!IsSplit(facts.Tenant))
            return 0;
        Span<byte> values = stackalloc byte[MostOfValues(limit)];
        int length = 0;
        AppendValues(facts, limit, values, ref length);
        return PartitionOf(values[..length]);
    }

    public int SlotOf(string tenant, int partition)
    {
        Span<byte> tag = stackalloc byte[(MostBytes * tenant.Length) + PartitionBytes];
        int length = 0;
        Append(tenant, tag, ref length);
        if (IsSplit(tenant))
        {
            WritePartition(partition, tag[length..]);
            length += PartitionBytes;
        }

        return RedisSlot.Of(tag[..length]);
    }

    public byte[] RecordOf(string tenant, UInt128 id) => RecordOf(tenant, Partition.OfRecord(id, partitions.Value), id);

    /// <summary>Returns the key of a record. No bucket has it: no limit's name begins with <c>~</c>.</summary>
    public byte[] RecordOf(string tenant, int partition, UInt128 id)
    {
        Span<byte> digits = stackalloc byte[PartitionBytes];
        WritePartition(partition, digits);
        string spelled = IsSplit(tenant) ? Encoding.ASCII.GetString(digits) : "";
        return Encoding.UTF8.GetBytes($"{prefix}:{{{tenant}{spelled}}}:{MemoName}{id:x32}");
    }

    /// <summary>Returns the key of the account of stored answers, in the slot of the record.</summary>
    public static byte[] AccountOf(ReadOnlySpan<byte> record) =>
        [.. record[..^(MemoName.Length + RecordDigits)], .. "~answers"u8];

    private static int MostOfValues(Limit limit) => limit.Dimensions.Length * (1 + LongestValue);

    private static void WritePartition(int partition, Span<byte> to)
    {
        to[0] = (byte)':';
        for (int digit = PartitionBytes - 1; digit > 0; digit--, partition >>= 3)
            to[digit] = (byte)('0' + (partition & 7));
    }

    private bool IsSplit(string tenant) => partitions.Value > 1 && !tenant.StartsWith('~');

    private int PartitionOf(ReadOnlySpan<byte> values) => (int)(XxHash3.HashToUInt64(values) % (uint)partitions.Value);

    private void AppendValues(in RequestFacts facts, Limit limit, Span<byte> to, ref int length)
    {
        foreach (var dimension in limit.Dimensions)
        {
            Append(":", to, ref length);
            Append(dimension.ValueIn(facts) is { } value ? Spelled(value) : NoValue, to, ref length);
        }
    }

    private static void Append(string text, Span<byte> to, ref int length) => length += Encoding.UTF8.GetBytes(text, to[length..]);

    /// <summary>Returns a value as written in a key: at most <see cref="LongestValue"/> bytes of ASCII.</summary>
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
