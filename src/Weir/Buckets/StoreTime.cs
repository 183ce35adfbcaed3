namespace Weir;

/// <summary>A moment by a store's two clocks in µs: buckets drain by NowUs, windows end by WallUs (Unix
/// time).</summary>
internal readonly record struct StoreTime(long NowUs, long WallUs);
