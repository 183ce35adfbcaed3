namespace Weir.Cli.Load;

/// <summary>A run that could not be made; the message says the error and the cure.</summary>
internal sealed class LoadException(string message) : Exception(message);
