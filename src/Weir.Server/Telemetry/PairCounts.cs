using System.Collections.Concurrent;
using System.Numerics;

namespace Weir.Server;

// Counts by plan and limit, for a bounded number of pairs, because a series lives until the process ends. Each core
// increments counters in its own cache lines, to avoid false sharing.
internal sealed class PairCounts(int size)
{
    public const int MaxPairs = 500;

    /// <summary>Name of plan and limit for all pairs beyond the maximum. No configured name contains a tilde.</summary>
    public const string Others = "~others";

    /// <summary>Number of 8-byte counters in two cache lines.</summary>
    private const int Line = 16;

    private const int MostStripes = 64;

    private static readonly int Stripes =
        (int)Math.Min(MostStripes, BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount));

    private readonly ConcurrentDictionary<(string Plan, string Limit), long[]> _pairs = new();
    private readonly int _stride = (size + Line - 1) / Line * Line;
    private readonly long[] _others = New(size);
    private readonly Lock _gate = new();
    private volatile bool _isFull;

    public IEnumerable<KeyValuePair<(string Plan, string Limit), long[]>> All =>
        from pair in _isFull ? _pairs.Append(KeyValuePair.Create((Others, Others), _others)) : _pairs
        select KeyValuePair.Create(pair.Key, Sum(pair.Value));

    public void Add(string plan, string limit, int index)
    {
        long[] counts = _pairs.TryGetValue((plan, limit), out var known) ? known
            : _isFull ? _others
            : Begin((plan, limit));
        int core = Thread.GetCurrentProcessorId() & (Stripes - 1);
        Interlocked.Increment(ref counts[Line + (core * _stride) + index]);
    }

    // Allocates counters. The first two cache lines stay unused: the array's length is stored next to them.
    private static long[] New(int size) => new long[Line + (Stripes * ((size + Line - 1) / Line * Line))];

    private long[] Sum(long[] counts)
    {
        long[] sums = new long[size];
        for (int stripe = 0; stripe < Stripes; stripe++)
        {
            for (int i = 0; i < size; i++)
                sums[i] += Volatile.Read(ref counts[Line + (stripe * _stride) + i]);
        }

        return sums;
    }

    private long[] Begin((string Plan, string Limit) pair)
    {
        lock (_gate)
        {
            if (_pairs.TryGetValue(pair, out var counts))
                return counts;
            _isFull = _pairs.Count == MaxPairs;
            return _isFull ? _others : _pairs[pair] = New(size);
        }
    }
}
