namespace Weir.Server;

/// <summary>Numbers of a limit as headers have them.</summary>
/// <param name="Name">Name of the limit.</param>
/// <param name="Capacity">Tokens of a full bucket or window.</param>
/// <param name="Remaining">Tokens left.</param>
/// <param name="ResetAfter">Time until the bucket is full; null if waiting cannot help the request.</param>
/// <param name="Window">Seconds of the window, or in which an empty bucket fills; null for none.</param>
internal readonly record struct LimitNumbers(
    string Name, long Capacity, long Remaining, TimeSpan? ResetAfter, long? Window);
