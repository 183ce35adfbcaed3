using System.Buffers.Binary;
using System.Text;

namespace Weir;

// Reads the values of a snapshot. Throws InvalidDataException if the contents end early or a length is negative.
internal sealed class SnapshotReader(Stream from, long end)
{
    public long Position
    {
        get => from.Position;
        set => from.Position = value >= 0 && value <= end ? value : throw new InvalidDataException();
    }

    public bool IsAtEnd => from.Position == end;

    public void Read(Span<byte> bytes)
    {
        if (bytes.Length > end - from.Position)
            throw new InvalidDataException();
        from.ReadExactly(bytes);
    }

    public byte ReadByte()
    {
        Span<byte> bytes = stackalloc byte[1];
        Read(bytes);
        return bytes[0];
    }

    public int ReadInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        Read(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    public long ReadInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        Read(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    public UInt128 ReadUInt128()
    {
        Span<byte> bytes = stackalloc byte[16];
        Read(bytes);
        return BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }

    public int ReadCount(int leastBytes)
    {
        int count = ReadInt32();
        return count >= 0 && (long)count * leastBytes <= end - from.Position ? count : throw new InvalidDataException();
    }

    public byte[] ReadBlock()
    {
        byte[] bytes = new byte[ReadCount(1)];
        Read(bytes);
        return bytes;
    }

    public string ReadText() => Encoding.UTF8.GetString(ReadBlock());
}
