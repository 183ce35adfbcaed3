namespace Weir.Cli.Load;

/// <summary>A run that could not be made; the message says what is wrong and what to do about it.</summary>
internal sealed class LoadException(string message) : Exception(message);
