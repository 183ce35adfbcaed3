namespace Weir.Simulation.Worlds;

/// <summary>What happens in a <see cref="MixHistory"/> beside its requests.</summary>
internal enum Trouble
{
    None,

    /// <summary>Replies come after the deadline.</summary>
    LateReplies,

    /// <summary>Instances are not scheduled for a while, for less than a decision waits then.</summary>
    Pauses,

    /// <summary>Redis cannot be reached, and keeps its memory.</summary>
    Outage,

    /// <summary>Redis cannot be reached, and loses its memory.</summary>
    EmptyOutage,

    /// <summary>Some instances cannot reach Redis, and others can.</summary>
    Cut,
}

/// <summary>
/// A world in which callers do everything they can: take, refund, charge, repeat, reserve, commit and cancel, of buckets,
/// windows and permits, with limits that multiply costs or count another unit and quotas that change, and little room at
/// each instance. If Redis is a cluster, one of its nodes is in trouble, and each node has the buckets of one tenant.
/// </summary>
internal sealed class MixHistory : IDisposable
{
    private const string Rate = "rate";

    /// <summary>Bytes for some forty answers.</summary>
    private const long FewAnswers = 20_000;

    private static readonly string[] Keys = ["a", "b", "c"];
    private static readonly Trouble[] OfOneNode =
        [Trouble.LateReplies, Trouble.Outage, Trouble.EmptyOutage, Trouble.Cut];

    private static readonly WorldSizes Small =
        new() { MemoryKeys = MemoryStoreOptions.LeastKeys, KnownBuckets = 512, AnswerBytes = FewAnswers };

    private readonly World _world;
    private readonly Plan _plan;
    private readonly Trouble _trouble;
    private readonly int _instances;
    private readonly bool _isSlow;
    private readonly bool _isFull;

    /// <summary>The node that is in trouble.</summary>
    private readonly int _node;
    private readonly Plan? _changed;
    private TroubleTimes _times = TroubleTimes.Never;

    public MixHistory(int seed, Mistake mistake, int nodes = 1)
    {
        var random = new Random(~seed);
        _trouble = nodes == 1 ? (Trouble)random.Next(5) : OfOneNode[random.Next(OfOneNode.Length)];
        _node = seed % nodes;
        _instances = random.Next(1, 5);
        _isSlow = random.Next(2) == 0;
        int rate = random.Next(5, 60), capacity = random.Next(15, 150), cost = random.Next(3) == 0 ? random.Next(2, 4) : 1;
        bool hasWindow = random.Next(3) == 0, hasPermits = random.Next(4) == 0;
        int halves = random.Next(1, 5);
        bool hasUnits = seed % 3 == 2;
        _plan = PlanOf(rate, capacity);
        if (random.Next(4) == 0)
            _changed = PlanOf(random.Next(5, 60), random.Next(15, 150));
        _isFull = random.Next(4) == 0;
        var sizes = _isFull ? Small : new WorldSizes();
        _world = new World(seed, _plan, _instances, mistake, sizes, nodes);
        foreach (var tenant in _world.Tenants)
        {
            List<RequestFacts> admitted = [];
            foreach (var instance in _world.Instances)
            {
                instance.Networks[tenant.Node].MostLatencyUs = random.Next(100, 1_200);
                var options = new CallerOptions(
                    tenant.Name, Keys, _isFull ? 4_000 : 200, nodes * random.Next(2_000, 8_000), random.Next(1, 4),
                    _world.NowUs + 2_200_000, admitted, hasUnits ? 6 : 0);
                new Caller(_world, instance, options).Begin();
            }
        }

        Plan PlanOf(int rate, int capacity)
        {
            var quota = _isSlow ? TokenQuota.Create(1, TimeSpan.FromHours(1), capacity)
                : TokenQuota.Create(rate, TimeSpan.FromSeconds(1), capacity);
            var limits = new List<Limit> { new(Rate, [Limit.KeyDimension], quota) { Cost = cost } };
            if (hasWindow && WindowQuota.TryCreate(capacity * halves / 2, WindowUnit.Hour, "UTC", out var window, out _))
                limits.Add(new Limit("hourly", [Limit.KeyDimension], window));
            if (hasUnits)
                limits.Add(new Limit(CallerOptions.Unit, [Limit.KeyDimension], quota) { Unit = CallerOptions.Unit });
            if (hasPermits && ConcurrencyQuota.TryCreate(4, TimeSpan.FromMilliseconds(300), out var permits, out _))
                limits.Add(new Limit("streams", [Limit.KeyDimension], permits));
            return new Plan("p", [.. limits], OnOutage.Local);
        }
    }

    public void Dispose() => _world.Dispose();

    /// <summary>Lets it happen. Returns what was wrong, or null.</summary>
    public string? Run()
    {
        if (_changed is not null)
            ChangePlan();
        Pass(600);
        switch (_trouble)
        {
            case Trouble.LateReplies:
                BeLate();
                break;
            case Trouble.Pauses:
                Pause();
                break;
            case Trouble.Outage or Trouble.EmptyOutage or Trouble.Cut:
                BreakRedis();
                break;
        }

        Pass(3_000);
        return Judge() is { } verdict ? $"{verdict} ({Describe()})" : null;
    }

    private string Describe()
    {
        string limits = string.Join(", ", _plan.Limits.Select(limit => $"{limit.Name} {limit.Quota.Capacity} x{limit.Cost}"));
        string nodes = _world.Tenants.Count == 1 ? "" : $" of node {_node} of {_world.Tenants.Count}";
        string quota = (_isSlow ? ", slow" : "") + (_changed is null ? "" : ", changed");
        return $"{_trouble}{nodes}, {_instances} instances, {limits}{quota}";
    }

    private void Pass(int ms) => _world.Run(TimeSpan.FromMilliseconds(ms));

    /// <summary>The quota changes, before what happens or in it. What was admitted lies within the larger one.</summary>
    private void ChangePlan()
    {
        foreach (var tenant in _world.Tenants)
            tenant.Log.LawOf = limit => LargerOf(Named(_plan, limit.Name).Quota, Named(_changed!, limit.Name).Quota);
        _world.In(_world.Random.Next(1_500_000), () => _world.Policies.Change(_changed!));
    }

    private static Limit Named(Plan plan, string name) => plan.Limits.First(limit => limit.Name == name);

    private static Quota LargerOf(Quota one, Quota other) => (one, other) switch
    {
        (TokenQuota a, TokenQuota b) => TokenQuota.Create(Math.Max(a.Tokens, b.Tokens), a.Period, Math.Max(a.Capacity, b.Capacity)),
        _ => one.Capacity > other.Capacity ? one : other,
    };

    private void BeLate()
    {
        foreach (var network in Networks)
            (network.MostLatencyUs, network.LatencyBefore) = (30_000, network.MostLatencyUs);
        // Shorter than the attempts to undo a late take take, so that the last one comes through.
        Pass(300);
        foreach (var network in Networks)
            network.MostLatencyUs = network.LatencyBefore;
    }

    private void Pause()
    {
        for (int i = 0; i < 8; i++)
        {
            int ms = _world.Random.Next(1, 80);
            _world.Instances[_world.Random.Next(_instances)].Clock.Pause(1_000 * ms);
            Pass(ms + _world.Random.Next(30, 100));
        }
    }

    private void BreakRedis()
    {
        var cut = _trouble != Trouble.EmptyOutage && _world.Random.Next(2) == 0 ? Cut.Hanging : Cut.Refused;
        int cutOff = _trouble == Trouble.Cut ? _world.Random.Next(1, _instances + 1) : _instances;
        long firstCutUs = _world.NowUs;
        foreach (var network in Networks.Take(cutOff))
        {
            network.Cut = cut;
            Pass(_world.Random.Next(20));
        }

        _times = new TroubleTimes(firstCutUs, _world.NowUs, cutOff);
        Pass(_world.Random.Next(400, 900));
        if (_trouble == Trouble.EmptyOutage)
            _world.Tenants[_node].Forget();
        foreach (var network in Networks)
        {
            network.Cut = Cut.None;
            Pass(_world.Random.Next(50));
        }
    }

    private IEnumerable<Network> Networks => _world.Instances.Select(instance => instance.Networks[_node]);

    private string? Judge() => JudgeTenants() ?? JudgeEnd();

    private string? JudgeTenants() => _world.Tenants
        .Select(tenant => new TenantJudge(_world, tenant, _plan, tenant.Node == _node ? _trouble : Trouble.None, _times)
        {
            KnowsAll = _isSlow && _changed is null,
            AnswerBytes = _isFull ? FewAnswers : long.MaxValue,
        }.Judge())
        .FirstOrDefault(verdict => verdict is not null);

    private string? JudgeEnd()
    {
        if (_world.LateAnswer is { } late)
            return late;
        if (_world.Open > 0)
            return $"L6: {_world.Open} requests are open";
        foreach (var instance in _world.Instances)
        {
            if (instance.Store.State != BreakerState.Closed || instance.Store.Owing > 0)
                return $"an instance does not come back: {instance.Store.State}, owes {instance.Store.Owing}";
            if (instance.Redis.LateUndoing > 0)
                return $"an instance still undoes {instance.Redis.LateUndoing} late takes";
        }

        return null;
    }
}
