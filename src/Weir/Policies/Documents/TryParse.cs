namespace Weir;

/// <summary>Reads a text, or returns the error and its cure.</summary>
internal delegate bool TryParse<T>(string text, out T value, out string? error);
