namespace Weir;

internal sealed class UnreadableDocumentException(int line, int column, string message) : Exception(message)
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}
