using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Weir;

// Builds nodes from the events of the YAML parser, so that every node has its line. Reports tags, and aliases unless they
// are allowed, as errors, and continues to find other errors. An alias counts as many values as its anchor has.
internal sealed class YamlSyntax
{
    private readonly Parser _parser;
    private readonly DocumentErrors _errors;
    private readonly YamlAnchors? _anchors;
    private int _nodes;
    private Mark _near;

    private YamlSyntax(string text, DocumentErrors errors, bool hasAliases)
    {
        _parser = new Parser(new StringReader(text));
        _errors = errors;
        _anchors = hasAliases ? new YamlAnchors() : null;
    }

    public static DocumentNode? Read(string text, DocumentErrors errors, bool hasAliases = false)
    {
        try
        {
            return new YamlSyntax(text, errors, hasAliases).Root();
        }
        catch (YamlException fault)
        {
            throw Unreadable(text, fault);
        }
    }

    private DocumentNode? Root()
    {
        Next<StreamStart>();
        if (Next<ParsingEvent>() is StreamEnd)
            return null;
        Next<ParsingEvent>();
        var root = Node(depth: 1);
        Next<DocumentEnd>();
        if (Next<ParsingEvent>() is DocumentStart second)
        {
            _errors.Add((int)second.Start.Line, (int)second.Start.Column, "",
                "a second document begins here: keep one document in the file, and drop the line of three dashes or dots");
        }

        return root;
    }

    private T Next<T>()
        where T : ParsingEvent
    {
        try
        {
            if (_parser.MoveNext() && _parser.Current is T current)
            {
                _near = current.End;
                return current;
            }
        }
        catch (Exception fault) when (fault is not (YamlException or OutOfMemoryException))
        {
            // The parser fails internally on some broken texts: report this as a syntax error.
        }

        throw new SyntaxErrorException(_near, _near, "What follows cannot be read.");
    }

    // Reads the node that begins with the current event. Afterwards, the node's last event is the current one.
    private DocumentNode Node(int depth)
    {
        var begin = _parser.Current!;
        int line = (int)begin.Start.Line, column = (int)begin.Start.Column;
        Demand(depth, line, column);
        if (begin is AnchorAlias known && _anchors is not null)
            return Aliased(known, depth, line, column);
        if (begin is AnchorAlias alias)
            return Refuse(alias, "an alias (a word that begins with *) is not supported: write the value out");
        if (begin is NodeEvent { Tag.IsEmpty: false } tagged)
            Refuse(tagged, "a tag (a word that begins with !) is not supported: remove it; every value means what it spells");
        int before = _nodes;
        var node = Content(begin, depth, line, column);
        if (begin is NodeEvent { Anchor.IsEmpty: false } anchored)
            _anchors?.Add(anchored.Anchor.Value, node, 1 + _nodes - before);
        return node;
    }

    private DocumentNode Aliased(AnchorAlias alias, int depth, int line, int column)
    {
        if (_anchors!.Find(alias.Value.Value) is not { } anchor)
            return Refuse(alias, "no anchor of this name stands before this alias: add one, or write the value out");
        _nodes += anchor.Size;
        Demand(depth + anchor.Height, line, column);
        return anchor.Node;
    }

    private DocumentNode Content(ParsingEvent begin, int depth, int line, int column)
    {
        return begin switch
        {
            Scalar { Tag.IsEmpty: false } => new DocumentFault(line, column) { IsTag = true },
            Scalar scalar => new DocumentText(line, column, scalar.Value, IsEmpty(scalar))
            {
                IsQuoted = scalar.Style != ScalarStyle.Plain,
            },
            SequenceStart => new DocumentList(line, column, Items(depth + 1)),
            _ => new DocumentMapping(line, column, Merged(Entries(depth + 1))),
        };
    }

    private List<DocumentNode> Items(int depth)
    {
        var items = new List<DocumentNode>();
        while (Next<ParsingEvent>() is not SequenceEnd)
            items.Add(Node(depth));
        return items;
    }

    private List<(DocumentNode Key, DocumentNode Value)> Entries(int depth)
    {
        var entries = new List<(DocumentNode, DocumentNode)>();
        while (Next<ParsingEvent>() is not MappingEnd)
        {
            var key = Node(depth);
            Next<ParsingEvent>();
            entries.Add((key, Node(depth)));
        }

        return entries;
    }

    private List<(DocumentNode Key, DocumentNode Value)> Merged(List<(DocumentNode Key, DocumentNode Value)> entries)
    {
        var merged = _anchors is null ? entries : YamlAnchors.Merge(entries);
        _nodes += merged.Count - entries.Count;
        return merged;
    }

    private void Demand(int depth, int line, int column)
    {
        if (depth > DocumentNode.MaxDepth)
            throw new UnreadableDocumentException(line, column, $"nested deeper than {DocumentNode.MaxDepth} levels: a policy needs six");
        if (++_nodes > DocumentNode.MaxNodes)
            throw new UnreadableDocumentException(line, column, $"more than {DocumentNode.MaxNodes} values: split the tenants over several services");
    }

    private DocumentFault Refuse(ParsingEvent node, string message)
    {
        int line = (int)node.Start.Line, column = (int)node.Start.Column;
        _errors.Add(line, column, "", message);
        return new DocumentFault(line, column);
    }

    private static bool IsEmpty(Scalar scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null" or "Null" or "NULL";

    private static UnreadableDocumentException Unreadable(string text, YamlException fault)
    {
        int line = (int)Math.Max(1, fault.Start.Line), column = (int)Math.Max(1, fault.Start.Column);
        if (fault.Message.Contains("tab", StringComparison.Ordinal) && LineIndentedByTab(text, line) is { } tabbed)
            return new(tabbed, 1, "a tab indents this line: indent with spaces");
        string reason = fault.Message.Replace("  ", " ", StringComparison.Ordinal);
        return new(line, column,
            $"this is not YAML: {reason} Look at this line and the one above for indentation, a missing colon or an open quote");
    }

    // Returns the first line indented by a tab, from a line on. The parser reports only the start of the mapping.
    private static int? LineIndentedByTab(string text, int from)
    {
        int line = 0;
        foreach (var content in text.AsSpan().EnumerateLines())
        {
            if (++line >= from && content.TrimStart(' ').StartsWith('\t'))
                return line;
        }

        return null;
    }
}
