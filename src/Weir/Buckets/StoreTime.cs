namespace Weir;

/// <summary>A store's clock in µs: buckets drain by NowUs, windows end by WallUs (Unix time).</summary>
internal readonly record struct StoreTime(long NowUs, long WallUs);
