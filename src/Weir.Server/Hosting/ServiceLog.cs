namespace Weir.Server;

internal static partial class ServiceLog
{
    [LoggerMessage(60, LogLevel.Information, "Weir {Version} starts")]
    public static partial void Starts(ILogger logger, string version);

    [LoggerMessage(61, LogLevel.Information,
        "Weir {Version} decides on {Urls}; store: {Store}; policies: {Policies}; callers: {Callers}; try: {Try}")]
    public static partial void Greets(
        ILogger logger, string version, string urls, string store, string policies, string callers, string @try);

    [LoggerMessage(63, LogLevel.Critical, "Weir cannot start: {Fault}")]
    public static partial void CannotStart(ILogger logger, string fault);

    [LoggerMessage(64, LogLevel.Warning, "Weir:Memory:SnapshotPath is not used: buckets are in Redis")]
    public static partial void SnapshotUnused(ILogger logger);
}
