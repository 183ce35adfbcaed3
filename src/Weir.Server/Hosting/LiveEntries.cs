namespace Weir.Server;

/// <summary>The entries of live data that an instance knows, by kind, each kind in the order of its ids.</summary>
/// <remarks>A change and a page cost the logarithm of the number of entries. Safe for concurrent use.</remarks>
internal sealed class LiveEntries
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Kind> _kinds = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>The entries of one kind.</summary>
    private sealed class Kind
    {
        public readonly Dictionary<string, LiveEntry> ById = new(StringComparer.Ordinal);
        public SortedSet<string> Ids = new(StringComparer.Ordinal);
    }

    /// <summary>The number of entries of all kinds.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>An entry; null when there is none.</summary>
    public LiveEntry? Find(string kind, string id)
    {
        lock (_gate)
            return OfLocked(kind).ById.GetValueOrDefault(id);
    }

    /// <summary>The number of entries of a kind.</summary>
    public int CountOf(string kind)
    {
        lock (_gate)
            return OfLocked(kind).ById.Count;
    }

    /// <summary>A page of a kind's entries, in the order of their ids.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="after">The id after which the page begins; empty for the first page.</param>
    /// <param name="most">The largest number of entries to return.</param>
    public IReadOnlyList<LiveEntry> Page(string kind, string after, int most)
    {
        lock (_gate)
        {
            var entries = OfLocked(kind);
            if (entries.Ids.Max is not { } last || (after.Length > 0 && string.CompareOrdinal(after, last) >= 0))
                return [];
            // An id that is no text is the first of all, such as that of the document.
            var ids = after.Length == 0 ? entries.Ids : entries.Ids.GetViewBetween(after, last).Where(id => id != after);
            return [.. ids.Take(most).Select(id => entries.ById[id])];
        }
    }

    /// <summary>All entries, in no order.</summary>
    public LiveEntry[] All()
    {
        lock (_gate)
            return [.. _kinds.Values.SelectMany(kind => kind.ById.Values)];
    }

    /// <summary>Takes over what a store says.</summary>
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

    /// <summary>Sorted once, which costs a fraction of as many single changes.</summary>
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
