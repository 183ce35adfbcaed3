namespace Weir;

/// <summary>A document that cannot be read any further, so that its meaning cannot be checked.</summary>
internal sealed class UnreadableDocumentException(int line, int column, string message) : Exception(message)
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}
