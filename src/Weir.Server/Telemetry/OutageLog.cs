using Weir.Redis;

namespace Weir.Server;

/// <summary>Logs the edges of outages: one line when one begins and one when it ends, whatever happens between.</summary>
internal sealed partial class OutageLog(ILogger<OutageLog> logger)
{
    public void Follow(FailoverStore store, RedisStore redis)
    {
        store.OutageBegan += outage => Began(Explain(outage.Fault, redis.LastError));
        store.OutageEnded += outage => Ended(outage.Duration.TotalSeconds);
    }

    // A late answer has no error of its own: the last one would be of an older call.
    private static string Explain(StoreFault fault, string? error) =>
        fault == StoreFault.Late || error is null ? Spelling.Of(fault) : $"{Spelling.Of(fault)}: {error}";

    [LoggerMessage(1, LogLevel.Warning, "Redis does not answer ({Fault}): deciding from memory until it does")]
    private partial void Began(string fault);

    [LoggerMessage(2, LogLevel.Information, "Redis answers again after {Seconds:0.0} s: it decides from here on")]
    private partial void Ended(double seconds);
}
