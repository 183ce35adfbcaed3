namespace Weir;

internal delegate bool TryParse<T>(string text, out T value, out string? error);
