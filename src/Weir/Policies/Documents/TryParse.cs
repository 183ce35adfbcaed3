namespace Weir;

/// <summary>Reads a text, or says why it cannot be read and what would do.</summary>
internal delegate bool TryParse<T>(string text, out T value, out string? error);
