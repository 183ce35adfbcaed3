namespace Weir.Cli.Processes;

internal sealed class ChildException(string message, string lastLines) : Exception(message + Environment.NewLine + lastLines)
{
    /// <summary>Maximum number of starts, because another process may take the free port first.</summary>
    public const int Attempts = 3;
}
