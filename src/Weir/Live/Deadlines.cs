namespace Weir;

/// <summary>End times of entries, sorted by time. A change costs O(log n).</summary>
internal sealed class Deadlines
{
    private static readonly Comparer<(DateTimeOffset At, string Id)> Order = Comparer<(DateTimeOffset At, string Id)>.Create((left, right) =>
        left.At == right.At ? string.CompareOrdinal(left.Id, right.Id) : left.At.CompareTo(right.At));

    private readonly SortedSet<(DateTimeOffset At, string Id)> _sorted = new(Order);
    private readonly Dictionary<string, DateTimeOffset> _byId = new(StringComparer.Ordinal);

    public DateTimeOffset? Next => _sorted.Count == 0 ? null : _sorted.Min.At;

    public void Set(string id, DateTimeOffset? at)
    {
        if (_byId.Remove(id, out var before))
            _sorted.Remove((before, id));
        if (at is not { } time)
            return;
        _byId[id] = time;
        _sorted.Add((time, id));
    }

    public IEnumerable<string> EndedBy(DateTimeOffset time) => _sorted.TakeWhile(end => end.At <= time).Select(end => end.Id);

    public void Clear()
    {
        _sorted.Clear();
        _byId.Clear();
    }
}
