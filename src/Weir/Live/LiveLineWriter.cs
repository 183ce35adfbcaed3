using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Weir;

internal sealed class LiveLineWriter
{
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private readonly ArrayBufferWriter<byte> _buffer = new();

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public void Clear() => _buffer.ResetWrittenCount();

    public void WriteBegin(long version, long lines) =>
        Write(LiveLine.Begin, version, Number(LiveLine.CurrentFormat), Number(lines));

    public void WriteEntry(string type, LiveEntry entry) =>
        Write(type, entry.Version, $"{entry.Kind}/{entry.Id}", Value(entry.Value));

    public void WriteChange(string type, LiveChange change, string? value) => Write(
        type, change.Version, $"{change.Kind}/{change.Id}", Number(change.Before),
        change.At.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture), change.Who, Value(value));

    private static string Value(string? value) => value is null ? "-" : "+" + value;

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void Write(string type, long version, params ReadOnlySpan<string> fields)
    {
        int start = _buffer.WrittenCount;
        _buffer.GetSpan(LiveLine.Digits)[..LiveLine.Digits].Clear();
        _buffer.Advance(LiveLine.Digits);
        Append(type);
        Append(Number(version));
        foreach (string field in fields)
            Append(field);
        var line = MemoryMarshal.AsMemory(_buffer.WrittenMemory).Span[start..];
        Utf8Formatter.TryFormat(XxHash3.HashToUInt64(line[(LiveLine.Digits + 1)..]), line, out _, new StandardFormat('x', LiveLine.Digits));
        _buffer.Write("\n"u8);
    }

    private void Append(string field)
    {
        _buffer.Write("\t"u8);
        Encoding.UTF8.GetBytes(field.AsSpan().IndexOfAny("\\\t\n\r") < 0 ? field : Escape(field), _buffer);
    }

    private static string Escape(string field) => field
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);
}
