namespace Weir.Testing;

/// <summary>A cost that was decided at some moment from <paramref name="FromUs"/> to <paramref name="ToUs"/>, as somebody outside knows it: not before it was sent, not after it was answered.</summary>
/// <param name="FromUs">When it was sent, rounded down.</param>
/// <param name="ToUs">When it was answered, rounded up.</param>
/// <param name="Cost">Tokens: of an admission those that were taken, of a reading those that could have been.</param>
public readonly record struct Span(long FromUs, long ToUs, long Cost);
