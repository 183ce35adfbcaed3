using System.Collections.Concurrent;

namespace Weir.Server;

/// <summary>Counts by plan and limit, for a bounded number of pairs: a series lives until the process ends.</summary>
internal sealed class PairCounts(int size)
{
    public const int MaxPairs = 500;

    /// <summary>Plan and limit of all further pairs. No name may have a tilde.</summary>
    public const string Others = "~others";

    private readonly ConcurrentDictionary<(string Plan, string Limit), long[]> _pairs = new();
    private readonly long[] _others = new long[size];
    private readonly Lock _gate = new();
    private volatile bool _isFull;

    public IEnumerable<KeyValuePair<(string Plan, string Limit), long[]>> All =>
        _isFull ? _pairs.Append(KeyValuePair.Create((Others, Others), _others)) : _pairs;

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
