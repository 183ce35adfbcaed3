using System.Buffers.Text;
using System.Text;

namespace Weir.Server;

/// <summary>Position of an argument in the received bytes.</summary>
internal readonly record struct RespSpan(int Start, int Length);

/// <summary>Name and arguments of a command, as slices of the read buffer. Valid until the handler returns.</summary>
internal readonly ref struct RespArguments(ReadOnlySpan<byte> bytes, ReadOnlySpan<RespSpan> spans)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly ReadOnlySpan<RespSpan> _spans = spans;

    public int Count => _spans.Length;

    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var span = _spans[index];
            return _bytes.Slice(span.Start, span.Length);
        }
    }

    public bool Is(int index, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(this[index], word);

    public bool TryReadNumber(int index, out long number)
    {
        var argument = this[index];
        return Utf8Parser.TryParse(argument, out number, out int used) && used == argument.Length;
    }

    /// <summary>Returns at most 64 bytes of an argument as text, for an error message.</summary>
    public string Shown(int index)
    {
        const int Most = 64;
        var argument = this[index];
        return argument.Length <= Most
            ? Encoding.UTF8.GetString(argument)
            : Encoding.UTF8.GetString(argument[..Most]) + "...";
    }
}
