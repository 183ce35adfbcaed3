namespace Weir.Server;

/// <summary>
/// Polls the secret files once a second. New keys replace the old ones at once; a new Redis password applies to new
/// connections. An invalid secret is refused.
/// </summary>
internal sealed partial class SecretFileWatch : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly WeirOptions _options;
    private readonly ApiKeys _keys;
    private readonly Stores _stores;
    private readonly TimeProvider _time;
    private readonly ILogger<SecretFileWatch> _logger;
    private readonly List<Watched> _watched;

    public SecretFileWatch(
        WeirOptions options, ApiKeys keys, Stores stores, TimeProvider time, ILogger<SecretFileWatch> logger)
    {
        _options = options;
        _keys = keys;
        _stores = stores;
        _time = time;
        _logger = logger;
        _watched =
            [.. from file in SecretFile.Of(options) where file.Path is not null select new Watched(file, file.Get())];
    }

    internal void Look()
    {
        if (_watched.FindAll(HasChanged).Count == 0)
            return;
        // Validate all files together first: two keys that swap their secrets are valid only together.
        var changed = _watched.Where(watched => watched.Seen is { } secret && secret != watched.File.Get()).ToList();
        if (FaultOf(changed) is not null)
            changed.RemoveAll(IsRefused);
        if (changed.Count == 0)
            return;
        _keys.UseConfigured(ConfiguredKeys.Of(_options.Auth));
        _stores.UsePassword(_options.Redis.Password);
        foreach (var watched in changed)
            Holds(watched.File.Setting);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Look();
    }

    /// <summary>True if the secret has changed since the last check. Logs each new file error once.</summary>
    private bool HasChanged(Watched watched)
    {
        var (secret, fault) = watched.File.Read();
        bool isNew = secret != watched.Seen || fault != watched.Fault;
        // Tolerate one failed read, because the file may be in the middle of a replacement.
        bool isLasting = fault == watched.LastFault;
        watched.LastFault = fault;
        if (!isNew || (fault is not null && !isLasting))
            return false;
        (watched.Seen, watched.Fault) = (secret, fault);
        if (fault is not null)
            Refused(watched.File.Setting, fault);
        return fault is null;
    }

    private bool IsRefused(Watched watched)
    {
        var fault = FaultOf([watched]);
        if (fault is not null)
            Refused(watched.File.Setting, fault);
        return fault is not null;
    }

    /// <summary>Puts new secrets into the options. On an error, restores the old ones and returns the error.</summary>
    private string? FaultOf(IReadOnlyList<Watched> changed)
    {
        var before = changed.Select(watched => watched.File.Get()).ToList();
        foreach (var watched in changed)
            watched.File.Set(watched.Seen);
        string? fault = changed.Any(watched => watched.File.Setting == SecretFile.OfHashes)
            ? "a new secret of hashes would make every bucket a new one; start again to use it"
            : Settings.SecretFaultsOf(_options).FirstOrDefault();
        for (int i = 0; fault is not null && i < before.Count; i++)
            changed[i].File.Set(before[i]);
        return fault;
    }

    private sealed class Watched(SecretFile file, string? seen)
    {
        public SecretFile File { get; } = file;

        /// <summary>The secret at the last check, used or refused.</summary>
        public string? Seen { get; set; } = seen;

        public string? Fault { get; set; }

        public string? LastFault { get; set; }
    }

    [LoggerMessage(50, LogLevel.Information, "The secret in the file of {Setting} has changed and holds now")]
    private partial void Holds(string setting);

    [LoggerMessage(51, LogLevel.Error,
        "The file of {Setting} has changed and is refused; the secret from before stays: {Fault}")]
    private partial void Refused(string setting, string fault);
}
