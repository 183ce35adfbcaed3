using System.Buffers.Binary;

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
}

/// <summary>
/// A world in which callers do everything they can: take, refund, charge, repeat, reserve, commit and cancel, of buckets,
/// windows and permits, with limits that multiply costs or count another unit and quotas that change, and little room at
/// each instance.
/// </summary>
internal sealed class MixHistory : IDisposable
{
    private const string Rate = "rate";

    /// <summary>Bytes for some forty answers.</summary>
    private const long FewAnswers = 20_000;

    private static readonly string[] Keys = ["a", "b", "c"];

    private static readonly WorldSizes Small =
        new() { MemoryKeys = MemoryStoreOptions.LeastKeys, KnownBuckets = 512, AnswerBytes = FewAnswers };

    private readonly World _world;
    private readonly Plan _plan;
    private readonly Trouble _trouble;
    private readonly int _instances;
    private readonly bool _isSlow;
    private readonly bool _isFull;
    private readonly Plan? _changed;
    private long _firstCutUs = long.MaxValue;
    private long _beganUs = long.MaxValue;

    public MixHistory(int seed, Mistake mistake)
    {
        var random = new Random(~seed);
        _trouble = (Trouble)random.Next(5);
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
        _world = new World(seed, _plan, _instances, mistake, sizes);
        List<RequestFacts> admitted = [];
        foreach (var instance in _world.Instances)
        {
            instance.Network.MostLatencyUs = random.Next(100, 1_200);
            var options = new CallerOptions(
                Keys, _isFull ? 4_000 : 200, random.Next(2_000, 8_000), random.Next(1, 4), _world.NowUs + 2_200_000, admitted, hasUnits ? 6 : 0);
            new Caller(_world, instance, options).Begin();
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
            case Trouble.Outage or Trouble.EmptyOutage:
                BreakRedis();
                break;
        }

        Pass(3_000);
        return Judge() is { } verdict ? $"{verdict} ({Describe()})" : null;
    }

    private string Describe()
    {
        string limits = string.Join(", ", _plan.Limits.Select(limit => $"{limit.Name} {limit.Quota.Capacity} x{limit.Cost}"));
        return $"{_trouble}, {_instances} instances, {limits}{(_isSlow ? ", slow" : "")}{(_changed is null ? "" : ", changed")}";
    }

    private void Pass(int ms) => _world.Run(TimeSpan.FromMilliseconds(ms));

    /// <summary>The quota changes, before what happens or in it. What was admitted lies within the larger one.</summary>
    private void ChangePlan()
    {
        _world.Log.LawOf = limit => LargerOf(Named(_plan, limit.Name).Quota, Named(_changed!, limit.Name).Quota);
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
        foreach (var instance in _world.Instances)
            (instance.Network.MostLatencyUs, instance.Network.LatencyBefore) = (30_000, instance.Network.MostLatencyUs);
        // Shorter than the attempts to undo a late take take, so that the last one comes through.
        Pass(300);
        foreach (var instance in _world.Instances)
            instance.Network.MostLatencyUs = instance.Network.LatencyBefore;
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
        var cut = _trouble == Trouble.Outage && _world.Random.Next(2) == 0 ? Cut.Hanging : Cut.Refused;
        _firstCutUs = _world.NowUs;
        foreach (var instance in _world.Instances)
        {
            instance.Network.Cut = cut;
            Pass(_world.Random.Next(20));
        }

        _beganUs = _world.NowUs;
        Pass(_world.Random.Next(400, 900));
        if (_trouble == Trouble.EmptyOutage)
            _world.Redis.Forget();
        foreach (var instance in _world.Instances)
        {
            instance.Network.Cut = Cut.None;
            Pass(_world.Random.Next(50));
        }
    }

    private string? Judge() => JudgeAdmissions() ?? JudgePermits() ?? JudgeEnd() ?? JudgeRedis() ?? JudgeAnswers();

    private bool IsOutage => _trouble is Trouble.Outage or Trouble.EmptyOutage;

    /// <summary>True if memory decided instead of Redis: then its share comes on top (docs/outages.md).</summary>
    private bool DecidedAlone => IsOutage || _world.Log.HasMissed;

    private string? JudgeAdmissions()
    {
        // Takes and charges of which there was no room to keep a note may be spent again.
        long lost = 3 * 3 * _world.Instances.Sum(instance => instance.Store.Lost);
        int bursts = DecidedAlone ? 2 : 1;
        if (_world.Log.TokensOver(0, long.MaxValue, bursts: bursts) - lost is > 0 and var over)
            return $"L1: {over} tokens of {_world.Log.Worst} over {bursts} bursts";
        if (IsOutage && _world.Log.TokensOver(_beganUs, long.MaxValue) - lost is > 0 and var since)
            return $"L7: {since} tokens of {_world.Log.Worst} over since the outage began";
        return IsOutage && _world.Log.TokensOver(0, _firstCutUs) is > 0 and var before
            ? $"L1: {before} tokens of {_world.Log.Worst} over before the outage"
            : null;
    }

    private string? JudgePermits()
    {
        long most = _world.Permits.Most(), bound = DecidedAlone ? 4 + Math.Max(4, _instances) : 4;
        return most > bound ? $"L1: {most} permits were held, of at most {bound}" : null;
    }

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

    /// <summary>The account of stored answers counts those that are there, and they are within their bound.</summary>
    private string? JudgeAnswers()
    {
        var answers = StoredAnswers.In(_world.Redis, WorldPolicies.Tenant);
        return answers.Counted != answers.Stored ? $"L10: {answers.Counted} bytes of {answers.Stored} are counted"
            : _isFull && answers.Stored > FewAnswers ? $"L10: {answers.Stored} bytes of {FewAnswers} are stored"
            : null;
    }

    /// <summary>What was spent is in Redis, no more and no less, as far as it can be known and does not come back meanwhile.</summary>
    private string? JudgeRedis()
    {
        bool isSettled = !_world.Instances.Exists(instance => instance.Store.Lost > 0 || instance.Store.Owing > 0);
        bool isKnown = isSettled && _isSlow && _changed is null;
        // Late takes whose undoing Redis did not confirm may stay charged; they are counted.
        bool keepsLate = _world.Instances.Exists(instance => instance.Redis.LateLost > 0);
        foreach (var (limit, key) in isKnown ? BucketsAsked() : [])
        {
            long held = Held(limit, key), doubtful = _world.Log.Doubtful(limit, key);
            long fromUs = _trouble == Trouble.EmptyOutage ? _beganUs : 0, least = _world.Log.Tokens(limit, key, fromUs) - doubtful;
            if (held < least)
                return $"L7: Redis holds {held} of the {least} tokens of {limit.Name} {key} that were spent";
            long most = _world.Log.Tokens(limit, key) + doubtful + (IsOutage ? _world.Log.Unanswered(limit, key) : 0);
            if (held > most && _trouble != Trouble.EmptyOutage && !keepsLate)
                return $"L2: Redis holds {held} tokens of {limit.Name} {key}, and {most} were spent";
        }

        return null;
    }

    private IEnumerable<(Limit Limit, string Key)> BucketsAsked() =>
        from limit in _plan.Limits where limit.Quota is TokenQuota from key in _world.Log.KeysOf(limit) select (limit, key);

    private long Held(Limit limit, string key)
    {
        if (_world.Redis.Get($"weir:{{{WorldPolicies.Tenant}}}:{limit.Name}:{key}") is not { } value)
            return 0;
        long unit = limit.Quota.Rate.UnitsPerToken;
        return ((long)BinaryPrimitives.ReadDoubleLittleEndian(value) + (unit / 2)) / unit;
    }
}
