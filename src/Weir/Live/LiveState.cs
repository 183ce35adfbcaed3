namespace Weir;

/// <summary>Live data in memory: the entries, the last changes and their texts, and the rules of a change.</summary>
/// <remarks>A change costs the same however many entries there are. Not for use by two threads at once.</remarks>
internal sealed class LiveState
{
    private readonly Dictionary<(string Kind, string Id), LiveEntry> _entries = [];
    private readonly Queue<LiveChange> _changes = new();
    private readonly Queue<LiveEntry> _texts = new();
    private long _textTotal;

    /// <summary>The number of changes ever made.</summary>
    public long Version { get; private set; }

    /// <summary>All entries as they are now.</summary>
    public LiveEntry[] Entries() => [.. _entries.Values];

    /// <summary>The remembered changes, newest first.</summary>
    public IEnumerable<LiveChange> Changes() => _changes.Reverse();

    /// <summary>A remembered text; null when there is none of that version.</summary>
    public LiveEntry? Text(long version) => _texts.FirstOrDefault(text => text.Version == version);

    /// <summary>All of it as it is now. Costs a copy of references.</summary>
    public LiveSnapshot Snapshot() => new(Version, Entries(), [.. _changes], [.. _texts]);

    /// <summary>
    /// The entries that have changed since a version; null when that is longer ago than changes are remembered.
    /// </summary>
    public IReadOnlyList<LiveEntry>? ChangedSince(long version)
    {
        if (Version - version > _changes.Count)
            return null;
        var names = _changes.Skip(_changes.Count - (int)(Version - version)).Select(change => (change.Kind, change.Id)).Distinct();
        return [.. names.Select(name => _entries.GetValueOrDefault(name) ?? new LiveEntry(name.Kind, name.Id, Version, null))];
    }

    /// <summary>Judges a change, and changes nothing.</summary>
    /// <returns>The outcome, and the version that the entry has now; 0 when there is none.</returns>
    public LiveWrite Judge(string kind, string id, string? value, long? expected)
    {
        long now = _entries.TryGetValue((kind, id), out var entry) ? entry.Version : 0;
        return expected is { } version && version != now ? new LiveWrite(LiveOutcome.Conflict, now)
            : value is null && now == 0 ? new LiveWrite(LiveOutcome.Absent, 0)
            : new LiveWrite(LiveOutcome.Written, now);
    }

    /// <summary>Makes a change.</summary>
    /// <param name="change">The change, of the next version.</param>
    /// <param name="value">The text of the entry from now on; null when it is deleted.</param>
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

    /// <summary>Puts an entry as it was kept, which is no change.</summary>
    public void Put(LiveEntry entry) => _entries[(entry.Kind, entry.Id)] = entry;

    /// <summary>Remembers a change, and forgets the oldest one beyond the bound.</summary>
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

    /// <summary>Sets the version of entries that were kept.</summary>
    public void BeginAt(long version) => Version = version;
}

/// <summary>Live data at one moment.</summary>
/// <param name="Version">The number of changes ever made.</param>
/// <param name="Entries">All entries.</param>
/// <param name="Changes">The remembered changes, oldest first.</param>
/// <param name="Texts">The remembered texts, oldest first.</param>
internal sealed record LiveSnapshot(long Version, LiveEntry[] Entries, LiveChange[] Changes, LiveEntry[] Texts);
