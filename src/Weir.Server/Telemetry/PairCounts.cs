using System.Collections.Concurrent;

namespace Weir.Server;

/// <summary>Counts by plan and limit, for a bounded number of pairs. Later pairs share one count.</summary>
/// <remarks>Policies name plans and limits, also while running, and a series lives as long as the process.</remarks>
/// <param name="size">Counts of each pair.</param>
internal sealed class PairCounts(int size)
{
    /// <summary>Pairs of a plan and a limit that have counts of their own.</summary>
    public const int MaxPairs = 500;

    /// <summary>Plan and limit of all further pairs; no name may hold such a sign.</summary>
    public const string Others = "~others";

    private readonly ConcurrentDictionary<(string Plan, string Limit), long[]> _pairs = new();
    private readonly long[] _others = new long[size];
    private readonly Lock _gate = new();
    private volatile bool _isFull;

    /// <summary>The pairs with their counts, and the others' last.</summary>
    public IEnumerable<KeyValuePair<(string Plan, string Limit), long[]>> All =>
        _isFull ? _pairs.Append(KeyValuePair.Create((Others, Others), _others)) : _pairs;

    /// <summary>The counts of a pair, each to be increased by one at a time.</summary>
    public long[] Of(string plan, string limit) =>
        _pairs.TryGetValue((plan, limit), out var counts) ? counts : _isFull ? _others : Begin((plan, limit));

    private long[] Begin((string Plan, string Limit) pair)
    {
        lock (_gate)
        {
            if (_pairs.TryGetValue(pair, out var counts))
                return counts;
            _isFull = _pairs.Count == MaxPairs;
            return _isFull ? _others : _pairs[pair] = new long[size];
        }
    }
}
