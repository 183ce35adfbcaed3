namespace Weir;

/// <summary>
/// The stored state of one bucket. The default value is a new bucket, which has spent nothing.
/// </summary>
/// <param name="Spent">Units spent and not yet refilled, as of <paramref name="At"/>; below 2^53.</param>
/// <param name="At">When <paramref name="Spent"/> was true, in microseconds of the store's clock; of a window, the Unix time in
/// microseconds at which it ends; of permits, when there will be room.</param>
public readonly record struct BucketState(long Spent, long At);
