namespace Weir.Cli.Load;

internal sealed class LoadException(string message) : Exception(message);
