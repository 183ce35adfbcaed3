namespace Weir.Server;

/// <summary>The number of requests that a client may admit by itself, and for how long.</summary>
/// <param name="Tokens">Requests; 0 denies all. Null allows all, because no limit applies.</param>
/// <param name="Lifetime">Time after the receipt in which the client may spend the tokens.</param>
/// <param name="TakenAt">Timestamp of the take of these tokens.</param>
internal readonly record struct Assignment(long? Tokens, TimeSpan Lifetime, long TakenAt)
{
    /// <summary>True after half a lifetime. The other half is left for the way to the client.</summary>
    public bool IsTooOld(TimeProvider time) => time.GetElapsedTime(TakenAt) >= Lifetime / 2;
}
