using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Weir;

internal sealed class SnapshotWriter(Stream to)
{
    private readonly XxHash128 _checksum = new();

    public long Position { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _checksum.Append(bytes);
        to.Write(bytes);
        Position += bytes.Length;
    }

    public void Write(byte number) => Write([number]);

    public void Write(int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        Write(bytes);
    }

    public void Write(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        Write(bytes);
    }

    public void Write(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, number);
        Write(bytes);
    }

    public void WriteBlock(ReadOnlySpan<byte> bytes)
    {
        Write(bytes.Length);
        Write(bytes);
    }

    public void WriteText(string text) => WriteBlock(Encoding.UTF8.GetBytes(text));

    public void End() => to.Write(_checksum.GetCurrentHash());
}
