namespace Weir.Server;

/// <summary>
/// Keeps the policies of this instance as the live data has them: reads what has changed when a message says so, and twice a second anyway, so that a lost message
/// only delays. While the store is away, what is known goes on; a store that comes back with less than that is given it again.
/// </summary>
internal sealed partial class LiveData : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>A clock of another instance may be behind by so much; what has ended stays in the store that long.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>Each time, some other instance has made a change, so this is reached by nobody whose turn comes now and then.</summary>
    private const int MaxTries = 50;

    private const int SweptAtOnce = 10;

    private readonly Dictionary<string, Dictionary<string, LiveEntry>> _known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SemaphoreSlim _edits = new(1, 1);
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
            return OfLocked(kind).GetValueOrDefault(id);
    }

    /// <summary>All entries of a kind, in the order of their ids.</summary>
    public IReadOnlyList<LiveEntry> All(string kind)
    {
        lock (_known)
            return [.. OfLocked(kind).Values.OrderBy(entry => entry.Id, StringComparer.Ordinal)];
    }

    /// <summary>How many entries of a kind there are.</summary>
    public int Count(string kind)
    {
        lock (_known)
            return OfLocked(kind).Count;
    }

    /// <summary>Whether a tenant has what it has only until a time.</summary>
    public bool IsBoosted(string tenant) => _policies.IsBoosted(tenant);

    /// <summary>Changes an entry that needs no other one, and goes on when this instance decides by it.</summary>
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

    /// <summary>
    /// Changes an entry that must fit the others: it is judged by what is known, and written only if nothing has changed since, so that two changes at two instances,
    /// each right alone, are never both made. Otherwise it is judged anew.
    /// </summary>
    /// <param name="kind">What it is about.</param>
    /// <param name="id">Which of its kind.</param>
    /// <param name="value">Its text; null deletes it.</param>
    /// <param name="who">Who changes it.</param>
    /// <param name="judge">Says why it is not to be made; null when it is.</param>
    public async Task<LiveEdit> EditAsync(string kind, string id, string? value, string who, Func<LiveEdit?> judge)
    {
        // One after the other here, so that only other instances come between.
        await _edits.WaitAsync();
        try
        {
            for (int i = 0; i < MaxTries; i++)
            {
                await CatchUpAsync();
                long known = Version;
                if (judge() is { } refused)
                    return refused;
                var written = await Store.WriteAsync(kind, id, value, who, expected: null, known, exact: true);
                if (written.Outcome is LiveOutcome.Outdated or LiveOutcome.Behind)
                    continue;
                if (written.Outcome == LiveOutcome.Written)
                    await CatchUpAsync();
                return new LiveEdit(written.Outcome, written.Version, []);
            }

            return new LiveEdit(LiveOutcome.Unavailable, 0, []);
        }
        finally
        {
            _edits.Release();
        }
    }

    /// <summary>Deletes entries of a kind that have ended, the first ones first; what was changed meanwhile stays.</summary>
    public async Task SweepAsync(string kind, TimeSpan grace, int most)
    {
        bool isOther = false;
        foreach (string id in _policies.Ended(kind, _time.GetUtcNow() - grace, most))
        {
            if (Find(kind, id) is not { } entry)
                continue;
            var written = await Store.WriteAsync(kind, id, null, LiveBounds.Expiry, entry.Version, Version);
            if (written.Outcome is LiveOutcome.Unavailable or LiveOutcome.Behind)
                break;
            isOther = true;
        }

        if (isOther)
            await CatchUpAsync();
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
            await SweepAsync(LiveKind.Block, Grace, SweptAtOnce);
            await SweepAsync(LiveKind.Boost, Grace, SweptAtOnce);
            await ((Task)_nudge.WaitAsync(Interval, stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private LiveEntry[] Everything()
    {
        lock (_known)
            return [.. _known.Values.SelectMany(entries => entries.Values)];
    }

    private Dictionary<string, LiveEntry> OfLocked(string kind)
    {
        if (!_known.TryGetValue(kind, out var entries))
            _known[kind] = entries = new(StringComparer.Ordinal);
        return entries;
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
                    OfLocked(entry.Kind).Remove(entry.Id);
                else
                    OfLocked(entry.Kind)[entry.Id] = entry;
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
