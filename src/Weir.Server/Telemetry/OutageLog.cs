namespace Weir.Server;

/// <summary>Logs the edges of outages: one line when one begins and one when it ends, whatever happens between.</summary>
internal sealed partial class OutageLog(ILogger<OutageLog> logger)
{
    public void Follow(FailoverStore store)
    {
        store.OutageBegan += outage => Began(Spelling.Of(outage.Fault));
        store.OutageEnded += outage => Ended(outage.Duration.TotalSeconds);
    }

    [LoggerMessage(1, LogLevel.Warning, "Redis does not answer ({Fault}): deciding from memory until it does")]
    private partial void Began(string fault);

    [LoggerMessage(2, LogLevel.Information, "Redis answers again after {Seconds:0.0} s: it decides from here on")]
    private partial void Ended(double seconds);
}
