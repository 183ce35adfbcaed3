using System.Collections.Immutable;

namespace Weir.Redis;

/// <summary>
/// The problems of all nodes, as the last connection to each has found them. Safe for concurrent use.
/// </summary>
internal sealed class RedisProblems
{
    private readonly Lock _gate = new();
    private ImmutableArray<RedisProblem> _all = [];

    /// <summary>Called when the problems of a node have become others.</summary>
    public event Action? Changed;

    /// <summary>The problems of all nodes.</summary>
    public ImmutableArray<RedisProblem> All
    {
        get
        {
            lock (_gate)
                return _all;
        }
    }

    /// <summary>Replaces the problems of a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="found">Its problems now.</param>
    /// <param name="isMaster">True if the node decides: then it does not matter that others are replicas.</param>
    public void Set(string node, IEnumerable<RedisProblem> found, bool isMaster = false)
    {
        lock (_gate)
        {
            ImmutableArray<RedisProblem> all =
                [.. _all.Where(problem => problem.Node != node && !(isMaster && problem.Kind == RedisProblem.Role)), .. found];
            if (all.SequenceEqual(_all))
                return;
            _all = all;
        }

        Changed?.Invoke();
    }
}
