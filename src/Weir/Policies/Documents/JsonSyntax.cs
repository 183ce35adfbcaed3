using System.Text;
using System.Text.Json;

namespace Weir;

/// <summary>Reads JSON into nodes. The YAML parser rejects JSON's tabs, long keys and some escapes.</summary>
internal ref struct JsonSyntax
{
    private readonly ReadOnlySpan<byte> _utf8;
    private Utf8JsonReader _reader;
    private int _nodes;
    private int _counted;
    private int _line;
    private int _column;

    private JsonSyntax(ReadOnlySpan<byte> utf8)
    {
        _utf8 = utf8;
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = DocumentNode.MaxDepth });
        _line = _column = 1;
    }

    public static DocumentNode Read(string text)
    {
        try
        {
            var document = new JsonSyntax(Encoding.UTF8.GetBytes(text));
            document._reader.Read();
            var root = document.Node();
            document._reader.Read();
            return root;
        }
        catch (JsonException fault)
        {
            // Remove the line number that the reader appends to its message, because it counts from 0.
            string reason = fault.Message.Split(" LineNumber:")[0];
            throw new UnreadableDocumentException(
                (int)(fault.LineNumber ?? 0) + 1, (int)(fault.BytePositionInLine ?? 0) + 1, $"this is not JSON: {reason}");
        }
    }

    private DocumentNode Node()
    {
        var (line, column) = Position();
        if (++_nodes > DocumentNode.MaxNodes)
            throw new UnreadableDocumentException(line, column, $"more than {DocumentNode.MaxNodes} values: split the tenants over several services");
        return _reader.TokenType switch
        {
            JsonTokenType.StartObject => new DocumentMapping(line, column, Entries()),
            JsonTokenType.StartArray => new DocumentList(line, column, Items()),
            JsonTokenType.Null => new DocumentText(line, column, "null", Empty: true),
            JsonTokenType.String or JsonTokenType.PropertyName =>
                new DocumentText(line, column, Text(line, column), Empty: false) { IsQuoted = true },
            _ => new DocumentText(line, column, Encoding.UTF8.GetString(_reader.ValueSpan), Empty: false),
        };
    }

    private List<DocumentNode> Items()
    {
        var items = new List<DocumentNode>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            items.Add(Node());
        return items;
    }

    private List<(DocumentNode Key, DocumentNode Value)> Entries()
    {
        var entries = new List<(DocumentNode, DocumentNode)>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var key = Node();
            _reader.Read();
            entries.Add((key, Node()));
        }

        return entries;
    }

    private readonly string Text(int line, int column)
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new UnreadableDocumentException(line, column, "this text holds half of a surrogate pair: write both halves, or the character itself");
        }
    }

    // Returns the line and column of the current token. Counts each byte once, because tokens move forward.
    private (int Line, int Column) Position()
    {
        int start = (int)_reader.TokenStartIndex;
        for (; _counted < start; _counted++)
        {
            byte unit = _utf8[_counted];
            if (unit == '\n')
                (_line, _column) = (_line + 1, 1);
            else if (!IsContinuation(unit))
                _column++;
        }

        return (_line, _column);
    }

    private static bool IsContinuation(byte unit) => (unit & 0xC0) == 0x80;
}
