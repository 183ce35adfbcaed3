namespace Weir.Server;

/// <summary>Known live entries by kind, sorted by ID within each kind. Safe for concurrent use.</summary>
internal sealed class LiveEntries
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Kind> _kinds = new(StringComparer.Ordinal);
    private int _count;

    private sealed class Kind
    {
        public readonly Dictionary<string, LiveEntry> ById = new(StringComparer.Ordinal);
        public SortedSet<string> Ids = new(StringComparer.Ordinal);
    }

    public int Count => Volatile.Read(ref _count);

    public LiveEntry? Find(string kind, string id)
    {
        lock (_gate)
            return OfLocked(kind).ById.GetValueOrDefault(id);
    }

    public int CountOf(string kind)
    {
        lock (_gate)
            return OfLocked(kind).ById.Count;
    }

    public IReadOnlyList<LiveEntry> Page(string kind, string after, int most)
    {
        lock (_gate)
        {
            var entries = OfLocked(kind);
            if (entries.Ids.Max is not { } last || (after.Length > 0 && string.CompareOrdinal(after, last) >= 0))
                return [];
            var ids = after.Length == 0 ? entries.Ids : entries.Ids.GetViewBetween(after, last).Where(id => id != after);
            return [.. ids.Take(most).Select(id => entries.ById[id])];
        }
    }

    public LiveEntry[] All()
    {
        lock (_gate)
            return [.. _kinds.Values.SelectMany(kind => kind.ById.Values)];
    }

    public void Apply(LiveRead read)
    {
        lock (_gate)
        {
            if (read.IsWhole)
                TakeAllLocked(read.Entries);
            else
                TakeLocked(read.Entries);
            _count = _kinds.Values.Sum(kind => kind.ById.Count);
        }
    }

    private void TakeLocked(IReadOnlyList<LiveEntry> changed)
    {
        foreach (var entry in changed)
        {
            var entries = OfLocked(entry.Kind);
            if (entry.Value is not null)
            {
                entries.ById[entry.Id] = entry;
                entries.Ids.Add(entry.Id);
            }
            else if (entries.ById.Remove(entry.Id))
            {
                entries.Ids.Remove(entry.Id);
            }
        }
    }

    /// <summary>Replaces all entries. One sort is faster than inserting each entry.</summary>
    private void TakeAllLocked(IReadOnlyList<LiveEntry> all)
    {
        _kinds.Clear();
        foreach (var entry in all)
            OfLocked(entry.Kind).ById[entry.Id] = entry;
        foreach (var entries in _kinds.Values)
            entries.Ids = new SortedSet<string>(entries.ById.Keys, StringComparer.Ordinal);
    }

    private Kind OfLocked(string kind)
    {
        if (!_kinds.TryGetValue(kind, out var entries))
            _kinds[kind] = entries = new Kind();
        return entries;
    }
}
