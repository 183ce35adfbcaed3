namespace Weir;

/// <summary>A document that cannot be read further.</summary>
internal sealed class UnreadableDocumentException(int line, int column, string message) : Exception(message)
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}
