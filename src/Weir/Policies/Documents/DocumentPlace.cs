using System.Text;

namespace Weir;

/// <summary>Where a key stands in a document: the keys that lead to it, and its own line and column.</summary>
/// <remarks>
/// The path is spelled only when an error needs it, so a document of 100,000 tenants costs no text per key.
/// </remarks>
internal sealed class DocumentPlace
{
    private readonly DocumentPlace? _parent;
    private readonly string _name;
    private readonly bool _isItem;

    private DocumentPlace(DocumentPlace? parent, string name, bool isItem, int line, int column)
    {
        _parent = parent;
        _name = name;
        _isItem = isItem;
        Line = line;
        Column = column;
    }

    public int Line { get; }

    public int Column { get; }

    /// <summary>The document itself.</summary>
    public static DocumentPlace Root(DocumentNode node) => new(null, "", false, node.Line, node.Column);

    /// <summary>A key of the mapping that stands here.</summary>
    public DocumentPlace Key(string name, DocumentNode key) => new(this, name, false, key.Line, key.Column);

    /// <summary>An item of the list that stands here.</summary>
    public DocumentPlace Item(int index, DocumentNode item) => new(this, $"[{index}]", true, item.Line, item.Column);

    /// <summary>The path, such as <c>tenants["acme.com"].plan</c>.</summary>
    public override string ToString()
    {
        var path = new StringBuilder();
        Append(path);
        return path.ToString();
    }

    private void Append(StringBuilder path)
    {
        if (_parent is null)
            return;
        _parent.Append(path);
        if (_isItem)
            path.Append(_name);
        else if (Bounds.IsName(_name) && !_name.Contains('.'))
            path.Append(path.Length == 0 ? "" : ".").Append(_name);
        else
            path.Append('[').Append(Spelling.Quote(_name)).Append(']');
    }
}
