using System.Buffers.Binary;

namespace Weir.Simulation.Worlds;

/// <summary>
/// A world with outages that all instances notice: Redis refuses or hangs, restarts with or without its memory, or is followed by a replica that lost the last writes; its clock steps
/// back, it forgets scripts, instances are paused, and come back one after the other.
/// </summary>
internal sealed class OutageHistory : IDisposable
{
    private const long MsUs = 1_000;

    private static readonly string[] Keys = ["a", "b", "c"];

    private readonly World _world;
    private readonly Plan _plan;
    private readonly bool _isSlow;
    private readonly int _instances;
    private readonly List<(long FromUs, long BeganUs)> _outages = [];
    private bool _lostWrites;

    public OutageHistory(int seed, Mistake mistake)
    {
        var random = new Random(~seed);
        _isSlow = random.Next(2) == 0;
        _instances = random.Next(1, 6);
        _plan = PlanOf(random, _isSlow);
        _world = new World(seed, _plan, _instances, mistake);
        foreach (var instance in _world.Instances)
            instance.Network.MostLatencyUs = random.Next(100, 1_200);
    }

    private enum Ending
    {
        AsItWas,
        Empty,
        WithoutTheLastWrites,
    }

    public void Dispose() => _world.Dispose();

    /// <summary>Lets it happen; what was wrong, or null.</summary>
    public string? Run()
    {
        var load = _world.Random.Next(2) == 0 ? (1_500, 6_000) : (3_000, 9_000);
        foreach (var instance in _world.Instances)
            _world.Load(instance, _world.Random.Next(load.Item1, load.Item2), Keys, _world.Random.Next(1, 4), long.MaxValue);
        _world.Run(TimeSpan.FromMilliseconds(400));
        int outages = _world.Random.Next(1, 3);
        for (int i = 0; i < outages; i++)
        {
            // All know each other by now.
            LoseSettling(0.3);
            Break();
            _world.Run(TimeSpan.FromMilliseconds(1_000));
            _world.IsQuiet = true;
            LoseSettling(0);
            _world.Run(TimeSpan.FromMilliseconds(1_200));
            _world.IsQuiet = false;
        }

        return Judge();
    }

    private void LoseSettling(double part)
    {
        foreach (var instance in _world.Instances)
            instance.Network.SettlingLostAfter = part;
    }

    private static Plan PlanOf(Random random, bool isSlow)
    {
        int rate = random.Next(10, 400);
        var quota = isSlow
            ? TokenQuota.Create(1, TimeSpan.FromHours(1), random.Next(10, 1_000))
            : TokenQuota.Create(rate, TimeSpan.FromSeconds(1), random.Next(3) == 0 ? random.Next(5 + (rate / 50), 10 + (rate / 8)) : random.Next(Math.Max(5, rate / 4), 3 * rate));
        var limits = new List<Limit> { new("per-key", [Limit.KeyDimension], quota) };
        if (!isSlow && random.Next(3) == 0)
            limits.Add(new Limit("all", Array.Empty<string>(), TokenQuota.Create(2 * rate, TimeSpan.FromSeconds(1), 2 * rate)));
        return new Plan("p", [.. limits], OnOutage.Local);
    }

    private void Break()
    {
        var ending = (Ending)_world.Random.Next(3);
        var cut = ending == Ending.AsItWas && _world.Random.Next(2) == 0 ? Cut.Hanging : Cut.Refused;
        int before = _world.Redis.Remember();
        _world.Run(TimeSpan.FromMilliseconds(_world.Random.Next(30)));
        long beganUs = _world.NowUs;
        _world.LeasesAreOfBefore = true;
        foreach (var instance in _world.Instances)
        {
            instance.Network.Cut = cut;
            _world.Run(TimeSpan.FromMilliseconds(_world.Random.Next(20)));
        }

        _outages.Add((beganUs, _world.NowUs));
        _world.Run(TimeSpan.FromMilliseconds(200));
        if (_world.Random.Next(3) == 0)
            _world.Instances[_world.Random.Next(_instances)].Clock.Pause(_world.Random.Next(400) * MsUs);
        _world.Run(TimeSpan.FromMilliseconds(_world.Random.Next(500, 1_500)));
        ComeBack(ending, before);
    }

    private void ComeBack(Ending ending, int before)
    {
        if (ending == Ending.Empty)
            _world.Redis.Forget();
        _lostWrites |= ending == Ending.WithoutTheLastWrites;
        if (ending == Ending.WithoutTheLastWrites)
            _world.Redis.Restore(before);
        if (_world.Random.Next(2) == 0)
            _world.Redis.ForgetScripts();
        if (_world.Random.Next(4) == 0)
            _world.RedisBehindUs += _world.Random.Next(500) * MsUs;
        _world.LeasesAreOfBefore = false;
        bool together = _world.Random.Next(2) == 0;
        foreach (var instance in _world.Instances)
        {
            instance.Network.Cut = Cut.None;
            // All within the second after which one that is not heard of is taken for gone.
            if (!together)
                _world.Run(TimeSpan.FromMilliseconds(_world.Random.Next(100)));
        }
    }

    private string? Judge()
    {
        for (int i = 0; i <= _outages.Count; i++)
        {
            long fromUs = i == 0 ? 0 : _outages[i - 1].BeganUs, untilUs = i == _outages.Count ? long.MaxValue : _outages[i].FromUs;
            // In an outage an instance's own clock counts, and may run fast (docs/outages.md).
            double fast = World.Drift * (_world.NowUs - fromUs) * FastestPerUs;
            if (_world.Log.TokensOver(fromUs, untilUs) - (i == 0 ? 0 : fast) is > 0 and var over)
                return i == 0 ? $"L1: {over} tokens over before any outage" : $"L7: {over} tokens over since outage {i}";
        }

        return OfAnswers() ?? OfTheEnd() ?? OfWhatRedisHolds();
    }

    /// <summary>The largest rate of the plan, in tokens per microsecond.</summary>
    private double FastestPerUs => (
        from limit in _plan.Limits
        let quota = (TokenQuota)limit.Quota
        select quota.Tokens / quota.Period.TotalMicroseconds).Max();

    private string? OfAnswers() =>
        _world.LateAnswer ?? (_world.Open > 50 ? $"L6: {_world.Open} requests are open" : null);

    private string? OfTheEnd()
    {
        foreach (var instance in _world.Instances)
        {
            if (instance.Store.State != BreakerState.Closed)
                return $"one of {_instances} instances does not come back: {instance.Store.State}, {instance.Redis.LastError}";
            if (instance.Store.Lost > 0 || instance.Store.Owing > 20)
                return $"an instance owes {instance.Store.Owing} buckets, and has lost {instance.Store.Lost}";
            if (instance.Store.Instances != _instances)
                return $"an instance knows of {instance.Store.Instances} of {_instances}";
        }

        return null;
    }

    /// <summary>What was spent since the last outage began is in Redis; and of what comes back slowly, no more than was ever spent.</summary>
    private string? OfWhatRedisHolds()
    {
        foreach (var limit in _plan.Limits)
        {
            foreach (string key in _world.Log.KeysOf(limit))
            {
                long spent = _world.Log.Spent(limit, key, _outages[^1].BeganUs, _world.NowUs), held = Held(limit, key);
                // What is leased drains from when it was leased, and was admitted within a horizon of that.
                long aged = (long)(0.03 * limit.Quota.Rate.UnitsPerTick * 1e6 / limit.Quota.Rate.TickUs / limit.Quota.Rate.UnitsPerToken);
                if (held + aged < spent)
                    return $"L7: Redis holds {held} of the {spent} tokens of {limit.Name} {key} that were spent since the last outage began";
                if (_isSlow && !_lostWrites && held < _world.Log.Tokens(limit, key))
                    return $"L7: Redis holds {held} of the {_world.Log.Tokens(limit, key)} tokens of {limit.Name} {key} that were ever spent";
                // A charge is never more than was spent. What is held is rounded up.
                long most = _world.Log.Tokens(limit, key) + _world.MayBeCharged(key) + 1;
                if (_isSlow && held > most)
                    return $"a charge was made twice: Redis holds {held} tokens of {limit.Name} {key} where at most {most} were spent";
            }
        }

        return null;
    }

    private long Held(Limit limit, string key)
    {
        string name = "weir:{t}:" + limit.Name + (key.Length > 0 ? ":" + key : "");
        if (_world.Redis.Get(name) is not { } value)
            return 0;
        var state = new BucketState((long)BinaryPrimitives.ReadDoubleLittleEndian(value), (long)BinaryPrimitives.ReadDoubleLittleEndian(value.AsSpan(8)));
        var rate = limit.Quota.Rate;
        return (TokenBucket.SpentAt(rate, state, _world.Redis.NowUs) + rate.UnitsPerToken - 1) / rate.UnitsPerToken;
    }
}
