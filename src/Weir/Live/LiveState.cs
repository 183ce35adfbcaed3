namespace Weir;

/// <summary>Live data in memory, and the rules of a change. A change costs O(1). Not thread-safe.</summary>
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

    /// <summary>Judges a change without making it. Returns the entry's present version, 0 for none.</summary>
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
        // An expiry is never rolled back, so it displaces no text.
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

    /// <summary>Remembers a text, and forgets the oldest ones beyond the bounds; never the newest.</summary>
    public void Remember(LiveEntry text)
    {
        _texts.Enqueue(text);
        _textTotal += text.Value?.Length ?? 0;
        while (_texts.Count > LiveBounds.MaxTexts || (_textTotal > LiveBounds.MaxTextTotal && _texts.Count > 1))
            _textTotal -= _texts.Dequeue().Value?.Length ?? 0;
    }

    public void BeginAt(long version) => Version = version;
}

/// <summary>Live data at one moment; changes and texts oldest first.</summary>
internal sealed record LiveSnapshot(long Version, LiveEntry[] Entries, LiveChange[] Changes, LiveEntry[] Texts);
