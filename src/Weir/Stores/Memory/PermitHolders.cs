namespace Weir;

/// <summary>Holders of one limit's permits, by id and by end. A change costs O(log n). Not thread-safe.</summary>
internal sealed class PermitHolders(string share)
{
    private static readonly Comparer<PermitTable.Holder> ByEnd = Comparer<PermitTable.Holder>.Create(
        static (left, right) => left.UntilUs == right.UntilUs
            ? left.Id.CompareTo(right.Id)
            : left.UntilUs.CompareTo(right.UntilUs));

    private readonly Dictionary<UInt128, long> _untilUs = [];
    private readonly SortedSet<PermitTable.Holder> _inOrder = new(ByEnd);

    public string Share { get; } = share;

    public int Count => _untilUs.Count;

    public IEnumerable<PermitTable.Holder> InOrder => _inOrder;

    public long LastUntilUs => _inOrder.Max.UntilUs;

    // Returns the time by which a number of holders have ended. The cost grows with the distance to the nearer end.
    public long UntilUsOf(int number) =>
        number == 1 ? _inOrder.Min.UntilUs
        : number <= Count / 2 ? _inOrder.ElementAt(number - 1).UntilUs
        : _inOrder.Reverse().ElementAt(Count - number).UntilUs;

    /// <summary>Adds a holder, or updates its end. Returns false if the holder was already there.</summary>
    public bool Add(PermitTable.Holder holder)
    {
        bool isNew = !Remove(holder.Id);
        _untilUs.Add(holder.Id, holder.UntilUs);
        _inOrder.Add(holder);
        return isNew;
    }

    public bool Remove(UInt128 id) => _untilUs.Remove(id, out long untilUs) && _inOrder.Remove(new(id, untilUs));

    public int RemoveEnded(long nowUs)
    {
        int count = 0;
        for (; Count > 0 && _inOrder.Min is { } first && first.UntilUs <= nowUs; count++)
            Remove(first.Id);
        return count;
    }
}
