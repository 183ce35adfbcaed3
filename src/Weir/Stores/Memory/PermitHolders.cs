namespace Weir;

/// <summary>
/// Who holds the permits of one limit, by name and in the order in which they end; all of them are of one tenant. To
/// take and to give back costs the logarithm of their number.
/// </summary>
/// <remarks>Not for use by two threads at once.</remarks>
/// <param name="share">The share of their tenant.</param>
internal sealed class PermitHolders(string share)
{
    private static readonly Comparer<PermitTable.Holder> ByEnd = Comparer<PermitTable.Holder>.Create(
        static (left, right) => left.UntilUs == right.UntilUs
            ? left.Id.CompareTo(right.Id)
            : left.UntilUs.CompareTo(right.UntilUs));

    private readonly Dictionary<UInt128, long> _untilUs = [];
    private readonly SortedSet<PermitTable.Holder> _inOrder = new(ByEnd);

    /// <summary>The share of their tenant.</summary>
    public string Share { get; } = share;

    /// <summary>How many there are.</summary>
    public int Count => _untilUs.Count;

    /// <summary>All of them; who ends first is first.</summary>
    public IEnumerable<PermitTable.Holder> InOrder => _inOrder;

    /// <summary>When the last of them ends.</summary>
    public long LastUntilUs => _inOrder.Max.UntilUs;

    /// <summary>
    /// The time by which a number of them have ended. The cost grows with the distance from the nearer end.
    /// </summary>
    /// <param name="number">From 1 to <see cref="Count"/>.</param>
    public long UntilUsOf(int number) =>
        number == 1 ? _inOrder.Min.UntilUs
        : number <= Count / 2 ? _inOrder.ElementAt(number - 1).UntilUs
        : _inOrder.Reverse().ElementAt(Count - number).UntilUs;

    /// <summary>Adds a holder; one that is here already ends at the new time. False for that.</summary>
    public bool Add(PermitTable.Holder holder)
    {
        bool isNew = !Remove(holder.Id);
        _untilUs.Add(holder.Id, holder.UntilUs);
        _inOrder.Add(holder);
        return isNew;
    }

    /// <summary>Removes a holder. False if there is none of that name.</summary>
    public bool Remove(UInt128 id) => _untilUs.Remove(id, out long untilUs) && _inOrder.Remove(new(id, untilUs));

    /// <summary>Removes ended holders, and returns their number.</summary>
    public int RemoveEnded(long nowUs)
    {
        int count = 0;
        for (; Count > 0 && _inOrder.Min is { } first && first.UntilUs <= nowUs; count++)
            Remove(first.Id);
        return count;
    }
}
