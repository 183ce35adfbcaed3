namespace Weir.Simulation;

/// <summary>What Redis said of one bucket.</summary>
/// <param name="Line">How it stands, leased tokens counted as spent.</param>
/// <param name="Time">The time of Redis.</param>
/// <param name="Leased">Tokens that were leased.</param>
internal readonly record struct LeaseReply(BucketLine Line, StoreTime Time, long Leased);
