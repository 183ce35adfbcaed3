namespace Weir.Server;

/// <summary>
/// Reads Envoy's configuration again when a file changes. Polls once a second, as <see cref="PolicyFileWatch"/> does. A
/// wrong configuration changes nothing, and is logged once.
/// </summary>
internal sealed partial class EnvoyConfigWatch(
    string path, UInt128 first, EnvoyConfigs configs, EnvoyMetrics metrics, WeirOptions options, TimeProvider time,
    ILogger<EnvoyConfigWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private UInt128 _seen = first;
    private bool _wasUnreadable;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Look();
    }

    internal void Look()
    {
        var texts = EnvoyTexts.Read(path);
        // Ignore the first failed read: the file or folder may be in the middle of a replacement.
        bool isPassing = texts.IsUnreadable && !_wasUnreadable;
        _wasUnreadable = texts.IsUnreadable;
        if (texts.Hash == _seen || isPassing)
            return;
        _seen = texts.Hash;
        try
        {
            configs.Current = texts.Load(options.Envoy.MergeDomains);
            metrics.Reloaded(good: true);
            Reloaded(path);
        }
        catch (PolicyException wrong)
        {
            metrics.Reloaded(good: false);
            Refused(path, wrong.Message);
        }
    }

    [LoggerMessage(82, LogLevel.Information, "Envoy's configuration in {Path} has changed and holds now")]
    private partial void Reloaded(string path);

    [LoggerMessage(83, LogLevel.Error,
        "Envoy's configuration in {Path} has changed and is refused; the one from before stays:\n{Errors}")]
    private partial void Refused(string path, string errors);
}
