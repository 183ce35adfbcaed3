namespace Weir.Server;

/// <summary>Reads and changes live data. If the store is unavailable, the known data stays in force.</summary>
internal sealed partial class LiveData : IDisposable
{
    /// <summary>Time that an instance without the lost data waits for another instance to restore it.</summary>
    private static readonly TimeSpan LossPatience = TimeSpan.FromSeconds(3);

    /// <summary>Shorter wait for an empty store that has answered every read: the store is probably new.</summary>
    private static readonly TimeSpan NewPatience = TimeSpan.FromMilliseconds(300);

    /// <summary>Maximum wait at startup for lost data to be restored or given up.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Initial delay and pause between steps of the tenant check, which takes seconds of CPU time.</summary>
    private static readonly TimeSpan CheckDelay = TimeSpan.FromSeconds(1), CheckPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Maximum attempts of an edit. One fails if a peer made a change, or if the store lost data.</summary>
    private const int MaxTries = 50;

    private const int ReadAtOnce = 128;

    private const int MaxLines = 20;

    private readonly LiveEntries _entries = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SemaphoreSlim _edits = new(1, 1);
    private readonly LivePolicies _policies;
    private readonly ApiKeys _keys;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveData> _logger;
    private volatile LiveVersion _known = LiveVersion.Unknown;
    private long? _lostSince;
    private volatile bool _isLost;
    private bool _wasSilent;
    private volatile bool _isChecked = true;
    private string? _fault;

    public LiveData(ILiveStore store, LivePolicies policies, ApiKeys keys, TimeProvider time, ILogger<LiveData> logger)
    {
        Store = store;
        _policies = policies;
        _keys = keys;
        _time = time;
        _logger = logger;
    }

    public ILiveStore Store { get; }

    public long Version => _known.Number;

    public LiveEntry? Find(string kind, string id) => _entries.Find(kind, id);

    /// <summary>Returns the entries after an ID, in order. Concurrent changes may or may not be included.</summary>
    public IEnumerable<LiveEntry> After(string kind, string after)
    {
        for (IReadOnlyList<LiveEntry>? part = null; part is null || part.Count == ReadAtOnce; after = part.Count == 0 ? after : part[^1].Id)
        {
            part = _entries.Page(kind, after, ReadAtOnce);
            foreach (var entry in part)
                yield return entry;
        }
    }

    public int CountOf(string kind) => _entries.CountOf(kind);

    public bool IsBoosted(string tenant) => _policies.IsBoosted(tenant);

    /// <summary>Reads live data before the first request. Waits for lost data to be restored or given up.</summary>
    public async Task BeginAsync()
    {
        long began = _time.GetTimestamp();
        await CatchUpAsync();
        while (_isLost && _time.GetElapsedTime(began) < StartPatience)
        {
            await Task.Delay(Pause, _time);
            await CatchUpAsync();
        }
    }

    /// <summary>Changes an entry that does not depend on others. Returns once this instance uses the change.</summary>
    public async Task<LiveWrite> WriteAsync(string kind, string id, string? value, string who, long? expected)
    {
        var written = await Store.WriteAsync(kind, id, value, who, expected, _known);
        if (written.Outcome == LiveOutcome.Behind)
        {
            await CatchUpAsync();
            written = await Store.WriteAsync(kind, id, value, who, expected, _known);
        }

        if (written.Outcome == LiveOutcome.Written)
            await CatchUpAsync();
        return written;
    }

    /// <summary>
    /// Changes an entry that depends on others. Validates the change again if another instance changes data meanwhile,
    /// so that two conflicting changes never both succeed.
    /// </summary>
    public async Task<LiveEdit> EditAsync(string kind, string id, string? value, string who, Func<LiveEdit?> judge)
    {
        // Serialize the edits of this instance, so that only other instances can cause a conflict.
        await _edits.WaitAsync();
        try
        {
            for (int i = 0; i < MaxTries; i++)
            {
                await CatchUpAsync();
                var known = _known;
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

    /// <summary>Deletes expired entries, earliest expiry first. Keeps an entry that has changed meanwhile.</summary>
    public async Task SweepAsync(string kind, TimeSpan grace, int most)
    {
        bool isOther = false;
        foreach (string id in _policies.Ended(kind, _time.GetUtcNow() - grace, most))
        {
            if (Find(kind, id) is not { } entry)
                continue;
            var written = await Store.WriteAsync(kind, id, null, LiveBounds.Expiry, entry.Version, _known);
            if (written.Outcome is LiveOutcome.Unavailable or LiveOutcome.Behind)
                break;
            isOther = true;
        }

        if (isOther)
            await CatchUpAsync();
    }

    public async Task CatchUpAsync()
    {
        await _turn.WaitAsync();
        try
        {
            var read = await Store.ReadAsync(_known);
            if (read is null)
                _wasSilent = true;
            else if (read.Loss is { } loss)
                await MakeGoodAsync(loss);
            else
                Apply(read);
            TellOfFault();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Compiles the remaining overrides after a full read, in steps, and logs invalid ones.</summary>
    public async Task CheckTenantsAsync(CancellationToken cancellation)
    {
        if (_isChecked)
            return;
        await Task.Delay(CheckDelay, _time, cancellation);
        _isChecked = true;
        int misfits = 0;
        foreach (var errors in _policies.CompileTenants())
        {
            foreach (var error in errors.Take(MaxLines - misfits))
                LeftOut(error.ToString());
            misfits += errors.Count;
            await Task.Delay(CheckPause, _time, cancellation);
        }

        if (misfits > MaxLines)
            LeftOut($"and {misfits - MaxLines} more tenants");
    }

    public void Dispose()
    {
        _turn.Dispose();
        _edits.Dispose();
    }

    /// <summary>Restores lost data from this instance, or waits for another instance, then accepts the loss.</summary>
    private async Task MakeGoodAsync(LiveLoss loss)
    {
        _isLost = true;
        bool knows = _known != LiveVersion.Unknown;
        if (knows && await Store.RestoreAsync(new LiveRead(_known, _entries.All(), IsWhole: true)))
        {
            if (_known.Number > 0)
                Restored(loss.Reason, _known.Number, _entries.Count);
            (_isLost, _lostSince) = (false, null);
            return;
        }

        bool isNew = loss.IsNew && !knows && !_wasSilent;
        _lostSince = loss.IsBeingRestored ? null : _lostSince ?? _time.GetTimestamp();
        if (_lostSince is not { } since || _time.GetElapsedTime(since) < (isNew ? NewPatience : LossPatience))
            return;
        await Store.AcceptLossAsync();
        if (!loss.IsNew)
            NotRestored(loss.Reason);
        (_known, _lostSince) = (LiveVersion.Unknown, null);
    }

    private void Apply(LiveRead read)
    {
        (_isLost, _lostSince) = (false, null);
        if (read.Version == _known && !read.IsWhole)
            return;
        IEnumerable<string> unusable = [.. read.Unreadable, .. _policies.Apply(read).Select(error => error.ToString()), .. _keys.Apply(read)];
        foreach (string line in unusable.Take(MaxLines))
            LeftOut(line);
        _entries.Apply(read);
        _known = read.Version;
        _isChecked &= !read.IsWhole;
        if (read.Entries.Count > 0)
            Applied(read.Version.Number, read.Entries.Count);
    }

    /// <summary>Logs each change of the store's fault: a new fault, a different fault, or no fault any more.</summary>
    private void TellOfFault()
    {
        string? fault = Store.Fault;
        if (fault is not null && fault != _fault)
            Faulted(fault);
        else if (fault is null && _fault is not null)
            Works();
        _fault = fault;
    }

    [LoggerMessage(20, LogLevel.Information, "Live data is at version {Version}; entries changed: {Count}")]
    private partial void Applied(long version, int count);

    [LoggerMessage(21, LogLevel.Error, "Live data that does not fit is left out: {Line}")]
    private partial void LeftOut(string line);

    [LoggerMessage(22, LogLevel.Warning, "Redis had lost live data ({Reason}): this instance has restored version {Version}; entries: {Count}")]
    private partial void Restored(string reason, long version, int count);

    [LoggerMessage(23, LogLevel.Error, "Redis has lost live data ({Reason}), and no instance has restored it: what is left holds")]
    private partial void NotRestored(string reason);

    [LoggerMessage(24, LogLevel.Error, "Live data cannot be read or changed as it should: {Fault}")]
    private partial void Faulted(string fault);

    [LoggerMessage(26, LogLevel.Information, "Live data can be read and changed again")]
    private partial void Works();
}
