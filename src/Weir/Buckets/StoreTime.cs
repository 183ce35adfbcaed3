namespace Weir;

/// <summary>A store's clock at one moment.</summary>
/// <param name="NowUs">What buckets drain by, in microseconds.</param>
/// <param name="WallUs">Unix time in microseconds, by which windows are told; in Redis the same clock.</param>
internal readonly record struct StoreTime(long NowUs, long WallUs);
