namespace Weir;

/// <summary>A moment by a store's two clocks in µs: NowUs drains buckets, WallUs (Unix time) ends windows.</summary>
internal readonly record struct StoreTime(long NowUs, long WallUs);
