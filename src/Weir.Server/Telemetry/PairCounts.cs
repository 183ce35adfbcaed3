using System.Collections.Concurrent;

namespace Weir.Server;

/// <summary>Counts by plan and limit, for a bounded number of such pairs; those that come later are counted as one.</summary>
/// <remarks>
/// Plans and limits are named by whoever may change the policies, also while running, and a series that has begun goes on as long as the process. Threads that
/// meet at the bound may pass it by one each.
/// </remarks>
/// <param name="size">Counts of each pair.</param>
internal sealed class PairCounts(int size)
{
    /// <summary>Pairs of a plan and a limit that have counts of their own.</summary>
    public const int MaxPairs = 500;

    /// <summary>Plan and limit of all further pairs; no name may hold such a sign.</summary>
    public const string Others = "~others";

    private readonly ConcurrentDictionary<(string Plan, string Limit), long[]> _pairs = new();

    /// <summary>The dictionary's own count takes all of its locks.</summary>
    private int _known;

    /// <summary>The pairs with their counts.</summary>
    public IEnumerable<KeyValuePair<(string Plan, string Limit), long[]>> All => _pairs;

    /// <summary>The counts of a pair, each to be increased by one at a time.</summary>
    public long[] Of(string plan, string limit)
    {
        if (_pairs.TryGetValue((plan, limit), out var counts))
            return counts;
        bool isFull = Volatile.Read(ref _known) >= MaxPairs;
        var own = new long[size];
        counts = _pairs.GetOrAdd(isFull ? (Others, Others) : (plan, limit), own);
        if (!isFull && counts == own)
            Interlocked.Increment(ref _known);
        return counts;
    }
}
