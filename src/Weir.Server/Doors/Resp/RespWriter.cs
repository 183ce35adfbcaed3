using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Weir.Server;

/// <summary>Writes replies in RESP2 or RESP3.</summary>
internal readonly struct RespWriter(IBufferWriter<byte> output, bool isResp3)
{
    /// <summary>Maximum bytes of a type, a number and a line end.</summary>
    private const int NumberBytes = 1 + 20 + 2;

    public void Simple(ReadOnlySpan<byte> text) => Line((byte)'+', text);

    /// <summary>Writes an error. The message starts with a code, such as <c>ERR</c>.</summary>
    public void Error(string message)
    {
        int most = Encoding.UTF8.GetMaxByteCount(message.Length);
        var span = output.GetSpan(most + 3);
        span[0] = (byte)'-';
        int length = Encoding.UTF8.GetBytes(message, span[1..]);
        foreach (ref byte sign in span.Slice(1, length))
            sign = sign < 0x20 ? (byte)' ' : sign;
        "\r\n"u8.CopyTo(span[(1 + length)..]);
        output.Advance(length + 3);
    }

    public void Integer(long number) => Number((byte)':', number);

    public void Integer(int number) => Number((byte)':', number);

    public void Integers(long first, long second, long third, long fourth, long fifth)
    {
        var span = output.GetSpan(4 + (5 * NumberBytes));
        "*5\r\n"u8.CopyTo(span);
        int at = 4;
        Put(span, ref at, (byte)':', first);
        Put(span, ref at, (byte)':', second);
        Put(span, ref at, (byte)':', third);
        Put(span, ref at, (byte)':', fourth);
        Put(span, ref at, (byte)':', fifth);
        output.Advance(at);
    }

    public void Boolean(bool value)
    {
        if (isResp3)
            output.Write(value ? "#t\r\n"u8 : "#f\r\n"u8);
        else
            Integer(value ? 1 : 0);
    }

    public void Bulk(ReadOnlySpan<byte> bytes)
    {
        Number((byte)'$', bytes.Length);
        var span = output.GetSpan(bytes.Length + 2);
        bytes.CopyTo(span);
        "\r\n"u8.CopyTo(span[bytes.Length..]);
        output.Advance(bytes.Length + 2);
    }

    public void Bulk(string text)
    {
        Number((byte)'$', Encoding.UTF8.GetByteCount(text));
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length) + 2);
        int length = Encoding.UTF8.GetBytes(text, span);
        "\r\n"u8.CopyTo(span[length..]);
        output.Advance(length + 2);
    }

    public void Null() => output.Write(isResp3 ? "_\r\n"u8 : "$-1\r\n"u8);

    public void NullArray() => output.Write(isResp3 ? "_\r\n"u8 : "*-1\r\n"u8);

    public void Array(int count) => Number((byte)'*', count);

    /// <summary>Begins a map; in RESP2, an array of alternating keys and values.</summary>
    public void Map(int count) => Number(isResp3 ? (byte)'%' : (byte)'*', isResp3 ? count : 2 * count);

    private void Line(byte type, ReadOnlySpan<byte> text)
    {
        var span = output.GetSpan(text.Length + 3);
        span[0] = type;
        text.CopyTo(span[1..]);
        "\r\n"u8.CopyTo(span[(1 + text.Length)..]);
        output.Advance(text.Length + 3);
    }

    private void Number(byte type, long number)
    {
        int at = 0;
        Put(output.GetSpan(NumberBytes), ref at, type, number);
        output.Advance(at);
    }

    private static void Put(Span<byte> span, ref int at, byte type, long number)
    {
        span[at++] = type;
        if ((ulong)number < 10)
            span[at++] = (byte)('0' + number);
        else
        {
            Utf8Formatter.TryFormat(number, span[at..], out int written);
            at += written;
        }

        "\r\n"u8.CopyTo(span[at..]);
        at += 2;
    }
}
