namespace Weir.Testing;

/// <summary>An error that Redis replied with; the message is Redis's own.</summary>
public sealed class RedisErrorException(string message) : Exception(message);
