using System.Collections.Immutable;

namespace Weir.Redis;

/// <summary>The problems of all nodes, as the last connection to each node found. Safe for concurrent use.</summary>
internal sealed class RedisProblems
{
    private readonly Lock _gate = new();
    private ImmutableArray<RedisProblem> _all = [];

    public event Action? Changed;

    public ImmutableArray<RedisProblem> All
    {
        get
        {
            lock (_gate)
                return _all;
        }
    }

    /// <summary>Replaces the problems of a node. If the node is a master, removes the role problems of other nodes,
    /// which may be its replicas.</summary>
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
