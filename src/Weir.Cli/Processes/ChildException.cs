namespace Weir.Cli.Processes;

/// <summary>A process of ours did not start.</summary>
internal sealed class ChildException(string message, string lastLines) : Exception(message + Environment.NewLine + lastLines)
{
    /// <summary>Another process may take a free port before ours does; three in a row is something else.</summary>
    public const int Attempts = 3;
}
