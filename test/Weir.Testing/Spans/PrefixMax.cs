using System.Numerics;

namespace Weir.Testing;

/// <summary>A row of numbers of which the first so many can be raised at once, and the greatest of the first so many be found, each in log n steps.</summary>
internal sealed class PrefixMax
{
    private readonly int _leaves;

    /// <summary>The greatest number below a node, and where it stands.</summary>
    private readonly (long Value, int Index)[] _max;

    /// <summary>What was added to all below a node, and not to its children.</summary>
    private readonly long[] _added;

    public PrefixMax(long[] values)
    {
        _leaves = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, values.Length));
        _max = new (long, int)[2 * _leaves];
        _added = new long[2 * _leaves];
        for (int i = 0; i < _leaves; i++)
            _max[_leaves + i] = (i < values.Length ? values[i] : Nothing, i);
        for (int node = _leaves - 1; node > 0; node--)
            _max[node] = Greater(_max[2 * node], _max[(2 * node) + 1]);
    }

    /// <summary>Below every number, and not so far that what is added to it goes round.</summary>
    private const long Nothing = long.MinValue / 2;

    /// <summary>Adds to all numbers up to an index, that one too.</summary>
    public void Add(int last, long value) => Add(1, _leaves, last, value);

    /// <summary>The greatest number up to an index, that one too, and where it stands.</summary>
    public (long Value, int Index) Max(int last) => Max(1, _leaves, last);

    private void Add(int node, int width, int last, long value)
    {
        if (last >= width - 1)
        {
            _max[node].Value += value;
            _added[node] += value;
            return;
        }

        int half = width / 2;
        Add(2 * node, half, last, value);
        if (last >= half)
            Add((2 * node) + 1, half, last - half, value);
        _max[node] = Raised(Greater(_max[2 * node], _max[(2 * node) + 1]), _added[node]);
    }

    private (long Value, int Index) Max(int node, int width, int last)
    {
        if (last >= width - 1)
            return _max[node];
        int half = width / 2;
        var best = Max(2 * node, half, last);
        if (last >= half)
            best = Greater(best, Max((2 * node) + 1, half, last - half));
        return Raised(best, _added[node]);
    }

    private static (long Value, int Index) Greater((long Value, int Index) left, (long Value, int Index) right) => right.Value > left.Value ? right : left;

    private static (long Value, int Index) Raised((long Value, int Index) one, long by) => (one.Value + by, one.Index);
}
