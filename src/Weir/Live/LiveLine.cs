using System.Buffers.Text;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Weir;

// Format of the lines in the file of live data: fields between tabs. The first is the XXH3-64 checksum of the others.
//   checksum begin  version format lines                   the first line, before a snapshot of this many lines
//   checksum entry  version kind/id value                  in the snapshot: an entry
//   checksum past   version kind/id before at who value    in the snapshot: a change without value, oldest first
//   checksum text   version kind/id value                  in the snapshot: a remembered text, oldest first
//   checksum change version kind/id before at who value    after the snapshot: a change
// A value is a plus and the text, or a minus for a deleted entry. Backslashes escape tabs, line ends and backslashes.
internal ref struct LiveLine
{
    public const string Begin = "begin", Entry = "entry", Past = "past", Text = "text", Change = "change";

    public const long CurrentFormat = 1;

    public const int Digits = 16;

    private static readonly (byte[] Utf8, string Text)[] Words =
    [
        .. new[] { LiveKind.Tenant, Entry, Change, LiveKind.Boost, LiveKind.Block, LiveKind.KeyLimits, LiveKind.Key, Past, Text, Begin }.Select(word => (Encoding.UTF8.GetBytes(word), word)),
    ];

    private ReadOnlySpan<byte> _rest;

    // Parses checksum, type and version of a line (without line feed). Throws a FormatException if it is damaged.
    public LiveLine(ReadOnlySpan<byte> line)
    {
        if (line.Length <= Digits || line[Digits] != '\t' || !Utf8Parser.TryParse(line[..Digits], out ulong checksum, out int read, 'x') || read != Digits)
            throw new FormatException("it does not begin with a checksum");
        _rest = line[(Digits + 1)..];
        if (XxHash3.HashToUInt64(_rest) != checksum)
            throw new FormatException("its checksum does not match: it was torn or changed");
        Type = WordOf(ReadField());
        Version = ReadNumber();
    }

    public string Type { get; }

    public long Version { get; }

    public (long Format, long Lines) ReadBegin() => (ReadNumber(), ReadNumber());

    public LiveEntry ReadEntry()
    {
        var (kind, id) = ReadName();
        return new LiveEntry(kind, id, Version, ReadValue());
    }

    public (LiveChange Change, string? Value) ReadChange()
    {
        var (kind, id) = ReadName();
        long before = ReadNumber();
        var at = DateTimeOffset.ParseExact(ReadText(), LiveLineWriter.TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        string who = ReadText();
        string? value = ReadValue();
        return (new LiveChange(Version, kind, id, before, value is null, who, at), value);
    }

    private (string Kind, string Id) ReadName()
    {
        var name = ReadField();
        int slash = name.IndexOf((byte)'/');
        if (slash < 0)
            throw new FormatException("it names no kind of entry");
        return (WordOf(name[..slash]), TextOf(name[(slash + 1)..]));
    }

    private string? ReadValue()
    {
        var field = ReadField();
        return field.IsEmpty ? throw new FormatException("it has no value") : field[0] == '-' ? null : TextOf(field[1..]);
    }

    private long ReadNumber()
    {
        var field = ReadField();
        return Utf8Parser.TryParse(field, out long number, out int read) && read == field.Length ? number : throw new FormatException("it has no number where one should be");
    }

    private string ReadText() => TextOf(ReadField());

    private ReadOnlySpan<byte> ReadField()
    {
        int tab = _rest.IndexOf((byte)'\t');
        var field = tab < 0 ? _rest : _rest[..tab];
        _rest = tab < 0 ? [] : _rest[(tab + 1)..];
        return field;
    }

    private static string WordOf(ReadOnlySpan<byte> field)
    {
        foreach (var word in Words)
        {
            if (field.SequenceEqual(word.Utf8))
                return word.Text;
        }

        return TextOf(field);
    }

    private static string TextOf(ReadOnlySpan<byte> field)
    {
        string text = Encoding.UTF8.GetString(field);
        return field.Contains((byte)'\\') ? Unescape(text) : text;
    }

    private static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || ++i == text.Length)
                plain.Append(text[i - (i == text.Length ? 1 : 0)]);
            else
                plain.Append(text[i] switch { 't' => '\t', 'n' => '\n', 'r' => '\r', _ => text[i] });
        }

        return plain.ToString();
    }
}
