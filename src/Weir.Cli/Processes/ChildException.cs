namespace Weir.Cli.Processes;

internal sealed class ChildException(string message, string lastLines) : Exception(message + Environment.NewLine + lastLines)
{
    /// <summary>Another process may take a free port first. Three times in a row is another error.</summary>
    public const int Attempts = 3;
}
