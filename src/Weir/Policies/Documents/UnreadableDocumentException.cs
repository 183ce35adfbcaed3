namespace Weir;

/// <summary>A document cannot be read any further, so what it means cannot be checked.</summary>
internal sealed class UnreadableDocumentException(int line, int column, string message) : Exception(message)
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}
