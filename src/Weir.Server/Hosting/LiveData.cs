namespace Weir.Server;

/// <summary>
/// Keeps the policies of this instance as the live data has them: reads what has changed when a message says so, and twice a second anyway, so that a lost message
/// only delays. While the store is away, what is known goes on; a store that comes back with less than that is given it again.
/// </summary>
internal sealed partial class LiveData : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<(string Kind, string Id), LiveEntry> _known = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SemaphoreSlim _nudge = new(0, 1);
    private readonly LivePolicies _policies;
    private readonly ApiKeys _keys;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveData> _logger;
    private long _version;

    public LiveData(ILiveStore store, LivePolicies policies, ApiKeys keys, TimeProvider time, ILogger<LiveData> logger)
    {
        Store = store;
        _policies = policies;
        _keys = keys;
        _time = time;
        _logger = logger;
        store.Changed += Nudge;
    }

    public ILiveStore Store { get; }

    /// <summary>The version that this instance decides by.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>An entry as this instance knows it; null when there is none.</summary>
    public LiveEntry? Find(string kind, string id)
    {
        lock (_known)
            return _known.GetValueOrDefault((kind, id));
    }

    /// <summary>All entries of a kind, in the order of their ids.</summary>
    public IReadOnlyList<LiveEntry> All(string kind)
    {
        lock (_known)
            return [.. _known.Values.Where(entry => entry.Kind == kind).OrderBy(entry => entry.Id, StringComparer.Ordinal)];
    }

    /// <summary>Changes an entry, and goes on when this instance decides by it.</summary>
    public async Task<LiveWrite> WriteAsync(string kind, string id, string? value, string who, long? expected)
    {
        var written = await Store.WriteAsync(kind, id, value, who, expected, Version);
        if (written.Outcome == LiveOutcome.Behind)
        {
            await CatchUpAsync();
            written = await Store.WriteAsync(kind, id, value, who, expected, Version);
        }

        if (written.Outcome == LiveOutcome.Written)
            await CatchUpAsync();
        return written;
    }

    /// <summary>Reads what has changed.</summary>
    public async Task CatchUpAsync()
    {
        await _turn.WaitAsync();
        try
        {
            var read = await Store.ReadAsync(_version);
            if (read is null)
                return;
            if (read.Version < _version)
                await Store.RestoreAsync(new LiveRead(_version, Everything(), IsWhole: true));
            else if (read.Version > _version || read.Entries.Count > 0 || !_keys.IsComplete)
                Apply(read);
        }
        finally
        {
            _turn.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await CatchUpAsync();
            await ((Task)_nudge.WaitAsync(Interval, stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private LiveEntry[] Everything()
    {
        lock (_known)
            return [.. _known.Values];
    }

    private void Apply(LiveRead read)
    {
        foreach (var error in _policies.Apply(read))
            Refused(error.ToString());
        foreach (string unreadable in _keys.Apply(read))
            Refused(unreadable);
        lock (_known)
        {
            if (read.IsWhole)
                _known.Clear();
            foreach (var entry in read.Entries)
            {
                if (entry.Value is null)
                    _known.Remove((entry.Kind, entry.Id));
                else
                    _known[(entry.Kind, entry.Id)] = entry;
            }
        }

        Volatile.Write(ref _version, read.Version);
        if (read.Entries.Count > 0)
            Applied(read.Version, read.Entries.Count);
    }

    private void Nudge()
    {
        try
        {
            _nudge.Release();
        }
        catch (SemaphoreFullException)
        {
            // It has been told already.
        }
    }

    [LoggerMessage(20, LogLevel.Information, "Live data is at version {Version}: {Count} entries changed")]
    private partial void Applied(long version, int count);

    [LoggerMessage(21, LogLevel.Error, "Live data that does not fit is left out: {Error}")]
    private partial void Refused(string error);
}
