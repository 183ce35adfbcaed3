using System.Text;

namespace Weir;

/// <summary>Place of a key or list item. Builds the text of its path only for errors, to save memory.</summary>
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

    public static DocumentPlace Root(DocumentNode node) => new(null, "", false, node.Line, node.Column);

    public DocumentPlace Key(string name, DocumentNode key) => new(this, name, false, key.Line, key.Column);

    public DocumentPlace Item(int index, DocumentNode item) => new(this, $"[{index}]", true, item.Line, item.Column);

    /// <summary>Returns the path, such as tenants["acme.com"].plan.</summary>
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
