using System.Collections.Concurrent;

namespace Weir.Redis;

/// <summary>
/// Whether this instance has the settings that its fleet has agreed on, at each shard. One that differs leases nothing:
/// Redis makes each of its decisions.
/// </summary>
/// <param name="own">The settings of this instance; the number of partitions is known once a node was asked.</param>
internal sealed class Fleet(Func<string> own)
{
    private readonly ConcurrentDictionary<int, Agreement> _shards = new();
    private IReadOnlyList<SettingDifference> _differences = [];

    /// <summary>Called when <see cref="Differences"/> have become others.</summary>
    public event Action? Changed;

    /// <summary>Where this instance differs; empty if it does not, or has not heard so yet.</summary>
    public IReadOnlyList<SettingDifference> Differences => Volatile.Read(ref _differences);

    /// <summary>Returns the agreement at a shard.</summary>
    public Agreement At(int shard) => _shards.GetOrAdd(shard, _ => new Agreement(own, Compare));

    private void Compare()
    {
        string here = own();
        string? rule = _shards.Values.Select(agreement => agreement.Rule)
            .FirstOrDefault(rule => rule is not null && rule != here);
        IReadOnlyList<SettingDifference> now = rule is null ? [] : FleetSettings.Compare(here, rule);
        if (now.SequenceEqual(Interlocked.Exchange(ref _differences, now)))
            return;
        Changed?.Invoke();
    }
}

/// <summary>Whether this instance has the settings that are the rule at a shard. Safe for concurrent use.</summary>
/// <param name="own">The settings of this instance.</param>
/// <param name="changed">Called when the rule is another one.</param>
internal sealed class Agreement(Func<string> own, Action changed)
{
    private volatile bool _mayLease = true;
    private volatile string? _rule;

    /// <summary>The settings of this instance.</summary>
    public string Own => own();

    /// <summary>The rule as it was last heard; null if it was not heard yet.</summary>
    public string? Rule => _rule;

    /// <summary>False while the instance differs from the rule, or has joined and does not know it yet.</summary>
    public bool MayLease => _mayLease;

    /// <summary>The instance begins to send heartbeats. It leases nothing before it knows the rule.</summary>
    public void Join() => _mayLease = _rule == own();

    /// <summary>The rule was heard.</summary>
    public void Hear(string rule)
    {
        bool mayLease = rule == own();
        if (_rule == rule && _mayLease == mayLease)
            return;
        (_rule, _mayLease) = (rule, mayLease);
        changed();
    }
}
