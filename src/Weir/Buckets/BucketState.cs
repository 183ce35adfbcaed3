namespace Weir;

/// <summary>Stored state of one bucket. The default value is a new bucket.</summary>
/// <param name="Spent">Units spent and not yet refilled at time <paramref name="At"/>; below 2^53.</param>
/// <param name="At">Store time in µs. Window: its end (Unix time). Permits: the time of the next room.</param>
public readonly record struct BucketState(long Spent, long At);
