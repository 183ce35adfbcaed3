namespace Weir;

/// <summary>Holds live data in memory, and judges changes. A change costs O(1). Not thread-safe.</summary>
internal sealed class LiveState
{
    private readonly Dictionary<(string Kind, string Id), LiveEntry> _entries = [];
    private readonly Queue<LiveChange> _changes = new();
    private readonly Queue<LiveEntry> _texts = new();
    private long _textTotal;

    public long Version { get; private set; }

    public LiveEntry[] Entries() => [.. _entries.Values];

    public IEnumerable<LiveChange> Changes() => _changes.Reverse();

    public LiveEntry? Text(long version) => _texts.FirstOrDefault(text => text.Version == version);

    public LiveSnapshot Snapshot() => new(Version, Entries(), [.. _changes], [.. _texts]);

    public IReadOnlyList<LiveEntry>? ChangedSince(long version)
    {
        if (Version - version > _changes.Count)
            return null;
        var names = _changes.Skip(_changes.Count - (int)(Version - version)).Select(change => (change.Kind, change.Id)).Distinct();
        return [.. names.Select(name => _entries.GetValueOrDefault(name) ?? new LiveEntry(name.Kind, name.Id, Version, null))];
    }

    // Returns the outcome that a change would have, and the entry's current version (0 if absent).
    public LiveWrite Judge(string kind, string id, string? value, long? expected)
    {
        long now = _entries.TryGetValue((kind, id), out var entry) ? entry.Version : 0;
        return expected is { } version && version != now ? new LiveWrite(LiveOutcome.Conflict, now)
            : value is null && now == 0 ? new LiveWrite(LiveOutcome.Absent, 0)
            : new LiveWrite(LiveOutcome.Written, now);
    }

    public void Make(LiveChange change, string? value)
    {
        var entry = new LiveEntry(change.Kind, change.Id, change.Version, value);
        if (value is null)
            _entries.Remove((change.Kind, change.Id));
        else
            Put(entry);
        Remember(change);
        // An expiry is never rolled back, so its text need not be remembered.
        if (change.Who != LiveBounds.Expiry)
            Remember(entry);
        Version = change.Version;
    }

    public void Put(LiveEntry entry) => _entries[(entry.Kind, entry.Id)] = entry;

    public void Remember(LiveChange change)
    {
        _changes.Enqueue(change);
        if (_changes.Count > LiveBounds.MaxChanges)
            _changes.Dequeue();
    }

    /// <summary>Remembers a text. Forgets the oldest texts beyond the bounds, but never the newest text.</summary>
    public void Remember(LiveEntry text)
    {
        _texts.Enqueue(text);
        _textTotal += text.Value?.Length ?? 0;
        while (_texts.Count > LiveBounds.MaxTexts || (_textTotal > LiveBounds.MaxTextTotal && _texts.Count > 1))
            _textTotal -= _texts.Dequeue().Value?.Length ?? 0;
    }

    public void BeginAt(long version) => Version = version;
}

/// <summary>Copy of live data at one version. Changes and texts are sorted oldest first.</summary>
internal sealed record LiveSnapshot(long Version, LiveEntry[] Entries, LiveChange[] Changes, LiveEntry[] Texts);
