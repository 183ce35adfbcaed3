using System.Collections.Concurrent;

namespace Weir.Redis;

/// <summary>Compares this instance's settings with the fleet's. At shards where they differ, leases nothing.</summary>
internal sealed class Fleet(Func<string> own)
{
    private readonly ConcurrentDictionary<int, Agreement> _shards = new();
    private IReadOnlyList<SettingDifference> _differences = [];

    public event Action? Changed;

    public IReadOnlyList<SettingDifference> Differences => Volatile.Read(ref _differences);

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

/// <summary>Compares this instance's settings with the rule of a shard. Safe for concurrent use.</summary>
internal sealed class Agreement(Func<string> own, Action changed)
{
    private volatile bool _mayLease = true;
    private volatile string? _rule;

    public string Own => own();

    public string? Rule => _rule;

    /// <summary>False if the settings differ from the rule, or while the rule is unknown after Join.</summary>
    public bool MayLease => _mayLease;

    /// <summary>Joins the fleet. The instance leases nothing before it knows the rule.</summary>
    public void Join() => _mayLease = _rule == own();

    public void Hear(string rule)
    {
        bool mayLease = rule == own();
        if (_rule == rule && _mayLease == mayLease)
            return;
        (_rule, _mayLease) = (rule, mayLease);
        changed();
    }
}
