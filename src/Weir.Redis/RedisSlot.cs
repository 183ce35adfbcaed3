namespace Weir.Redis;

/// <summary>Computes the slot of a key: CRC16-XMODEM of its hash tag, modulo 16,384 (Redis Cluster Specification, "Key
/// distribution model"). Unlike the client, needs no map of the cluster.</summary>
internal static class RedisSlot
{
    public const int Count = 16_384;

    private const int Polynomial = 0x1021;

    /// <summary>CRC16 of each byte, precomputed because a decision on a cluster computes two slots.</summary>
    private static readonly ushort[] OfByte = [.. Enumerable.Range(0, 256).Select(Checksum)];

    public static int Of(ReadOnlySpan<byte> key)
    {
        int crc = 0;
        foreach (byte b in TagOf(key))
            crc = (ushort)((crc << 8) ^ OfByte[(crc >> 8) ^ b]);
        return crc & (Count - 1);
    }

    private static ushort Checksum(int value)
    {
        int crc = value << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000) != 0 ? (crc << 1) ^ Polynomial : crc << 1;
        return (ushort)crc;
    }

    /// <summary>Returns the text in the first braces; the whole key if there is no such text.</summary>
    private static ReadOnlySpan<byte> TagOf(ReadOnlySpan<byte> key)
    {
        int open = key.IndexOf((byte)'{');
        int length = open < 0 ? -1 : key[(open + 1)..].IndexOf((byte)'}');
        return length <= 0 ? key : key.Slice(open + 1, length);
    }
}
