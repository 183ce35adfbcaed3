using System.Buffers.Binary;

namespace Weir;

// Format of a record's head: a mark, the number of limits, the partition of each limit (16 bits), the caller's text.
internal static class RecordHead
{
    private const int Fixed = 3;

    /// <summary>Bytes that mark a head. No UTF-8 text contains them.</summary>
    private static ReadOnlySpan<byte> Mark => [0xFF, 0xC0];

    public static byte[] Write(ReadOnlySpan<int> partitions, ReadOnlySpan<byte> text)
    {
        byte[] all = new byte[Fixed + (partitions.Length * sizeof(ushort)) + text.Length];
        Mark.CopyTo(all);
        all[Mark.Length] = (byte)partitions.Length;
        var rest = all.AsSpan(Fixed);
        foreach (int partition in partitions)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)partition);
            rest = rest[sizeof(ushort)..];
        }

        text.CopyTo(rest);
        return all;
    }

    public static bool TryRead(ReadOnlySpan<byte> all, out int[] partitions, out byte[] text)
    {
        (partitions, text) = ([], []);
        if (!all.StartsWith(Mark) || all.Length < Fixed || all.Length < Fixed + (all[Mark.Length] * sizeof(ushort)))
            return false;
        partitions = new int[all[Mark.Length]];
        var rest = all[Fixed..];
        for (int i = 0; i < partitions.Length; i++)
        {
            partitions[i] = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            rest = rest[sizeof(ushort)..];
        }

        text = rest.ToArray();
        return true;
    }
}
