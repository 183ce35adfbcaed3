namespace Weir;

/// <summary>Stored state of one bucket: spent units and a time. The default value is a new bucket.</summary>
/// <param name="Spent">Units that are spent and not yet refilled at the time <paramref name="At"/>; below 2^53.</param>
/// <param name="At">Time of <paramref name="Spent"/> by the store's clock in µs. Window: its end in µs of Unix time.
/// Permits: time at which there is room for the cost; if there is room now, time at which all permits are free.</param>
public readonly record struct BucketState(long Spent, long At);
