using Microsoft.Extensions.Time.Testing;

namespace Weir.Simulation.Worlds;

/// <summary>
/// Instances as in production, from <see cref="FailoverStore"/> down to the script, over a simulated Redis: one thread, virtual time, one seed. Only the network, the
/// clocks and the Redis around its scripts are the simulation's own.
/// </summary>
internal sealed class World : IDisposable
{
    /// <summary>So often clocks are moved on at least, and so exact are timers.</summary>
    private const long TickUs = 1_000;

    /// <summary>
    /// By how much clocks run unlike each other: little, since what a clock that runs fast lets come back too soon in an outage is no mistake to be found (leases alone are tried with a
    /// hundredth).
    /// </summary>
    private const double Drift = 1e-6;

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Action, (long, long)> _events = new();
    private readonly Dictionary<long, long> _applied = [];
    private readonly Mistake _mistake;
    private readonly Plan _plan;
    private long _order;
    private long _names;

    public World(int seed, Plan plan, int instances, Mistake mistake = Mistake.None)
    {
        Random = new Random(seed);
        (_plan, _mistake) = (plan, mistake);
        Redis = new LuaRedis(text => Mistakes.Edit(text, mistake)) { NowUs = NowUs };
        Log = new WorldLog(plan);
        for (int i = 0; i < instances; i++)
            Instances.Add(Begin(instances));
        Tick();
    }

    public Random Random { get; }

    public LuaRedis Redis { get; }

    /// <summary>What was admitted.</summary>
    public WorldLog Log { get; }

    public List<Instance> Instances { get; } = [];

    /// <summary>The time of the world, in microseconds.</summary>
    public long NowUs { get; private set; } = (Start - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>How far the clock of Redis is behind the world's.</summary>
    public long RedisBehindUs { get; set; }

    /// <summary>Whether what is handed out of leases counts as admitted before: they were spent before Redis was lost, and end within a horizon.</summary>
    public bool LeasesAreOfBefore { get; set; }

    /// <summary>The longest that anybody waited for an answer.</summary>
    public long LongestUs { get; private set; }

    /// <summary>Requests that have not been answered.</summary>
    public int Open { get; private set; }

    private readonly Dictionary<string, long> _mayBeTwice = [];

    /// <summary>The cost of requests for a key that Redis was asked for and did not answer: it may have charged them, too.</summary>
    public long MayBeTwice(string key) => key.Length > 0 ? _mayBeTwice.GetValueOrDefault(key) : _mayBeTwice.Values.Sum();

    internal sealed class Instance
    {
        public required FakeTimeProvider Clock { get; init; }

        public required Network Network { get; init; }

        public required RedisStore Redis { get; init; }

        public required FailoverStore Store { get; init; }

        public required RedisPeers Peers { get; init; }

        /// <summary>How fast its clock runs.</summary>
        public double Pace { get; init; } = 1;

        /// <summary>Until when it does nothing; its clock runs on.</summary>
        public long PausedUntilUs { get; set; }

        /// <summary>Time that its clock has not been told of.</summary>
        public double BehindUs { get; set; }

        public bool IsDead { get; set; }

        public List<Action> Waiting { get; } = [];
    }

    public void Dispose() => Redis.Dispose();

    public void In(long us, Action what) => _events.Enqueue(what, (NowUs + us, _order++));

    /// <summary>Lets time pass.</summary>
    public void Run(TimeSpan time)
    {
        long endUs = NowUs + (time.Ticks / TimeSpan.TicksPerMicrosecond);
        while (_events.TryPeek(out _, out var at) && at.Item1 <= endUs)
        {
            var next = _events.Dequeue();
            MoveTo(at.Item1);
            next();
        }

        MoveTo(endUs);
    }

    /// <summary>An instance comes, as new.</summary>
    public Instance Begin(int expected)
    {
        var clock = new FakeTimeProvider(Start + TimeSpan.FromMicroseconds(Random.Next(1_000_000)));
        var network = new Network(this, Redis, Random);
        var options = Mistakes.Options(new RedisOptions { Endpoints = "simulated", Instances = expected, KnownBuckets = 8_192 }, _mistake);
        var redis = new RedisStore(options, clock, network, new InlinePump());
        var peers = new RedisPeers(() => network, options, clock, ++_names);
        var memory = new MemoryStore(new MemoryStoreOptions { MaxKeys = 4_096, HashSeed = _names }, clock);
        var store = new FailoverStore(Mistakes.Primary(redis, _mistake), memory, new BreakerOptions(), clock, Mistakes.Peers(peers, _mistake));
        return new Instance { Clock = clock, Network = network, Redis = redis, Store = store, Peers = peers, Pace = 1 + (Drift * ((2 * Random.NextDouble()) - 1)) };
    }

    /// <summary>An instance is no more, and what it knew and held with it.</summary>
    public void Crash(Instance instance)
    {
        instance.IsDead = instance.Network.IsDead = true;
        Instances.Remove(instance);
    }

    /// <summary>
    /// Has an instance ask until a time, on average every so often; now and then for one of many keys, since an outage is noticed only by whoever asks Redis.
    /// </summary>
    public void Load(Instance instance, double meanUs, string[] keys, long mostCost, long untilUs)
    {
        In((long)(-Math.Log(1 - Random.NextDouble()) * meanUs) + 1, () =>
        {
            if (instance.IsDead || NowUs >= untilUs)
                return;
            if (NowUs >= instance.PausedUntilUs)
                _ = TakeAsync(instance, Random.Next(4) == 0 ? $"seldom{Random.Next(400)}" : keys[Random.Next(keys.Length)], Random.NextInt64(1, mostCost + 1));
            Load(instance, meanUs, keys, mostCost, untilUs);
        });
    }

    /// <summary>Asks once, and writes down what was admitted, at the time at which that was decided.</summary>
    public async Task TakeAsync(Instance instance, string key, long cost)
    {
        long askedUs = NowUs, pausedUs = instance.PausedUntilUs;
        bool asks = instance.Store.State == BreakerState.Closed;
        Open++;
        if (asks)
            _mayBeTwice[key] = _mayBeTwice.GetValueOrDefault(key) + cost;
        var limits = _plan.Resolve(new RequestFacts("t", key, cost)) with { TenantIsListed = true };
        var answer = await instance.Store.TakeAsync(limits).ConfigureAwait(false);
        Open--;
        if (instance.PausedUntilUs == pausedUs)
            LongestUs = Math.Max(LongestUs, NowUs - askedUs);
        if (asks && !answer.Degraded)
            _mayBeTwice[key] -= cost;
        bool isOfRedis = answer.Source == DecisionSource.Redis && !answer.IsLocal;
        if (answer.Fault == StoreFault.None && answer.Outcome == BucketOutcome.Allowed && !(answer.IsLocal && LeasesAreOfBefore))
            Log.Admit(isOfRedis ? _applied[answer.NowUs] : NowUs, limits);
    }

    /// <summary>A script ran at this time of Redis.</summary>
    public void Applied(long redisUs) => _applied[redisUs] = NowUs;

    /// <summary>Something was published.</summary>
    public void Tell(string channel, string text)
    {
        foreach (var instance in Instances)
            WhenAwake(instance, () => instance.Network.Hear(channel, text));
    }

    /// <summary>Does something at an instance, once it is not paused.</summary>
    public void WhenAwake(Network network, Action what)
    {
        if (Instances.Find(instance => instance.Network == network) is { } instance)
            WhenAwake(instance, what);
    }

    private void WhenAwake(Instance instance, Action what)
    {
        if (NowUs < instance.PausedUntilUs)
            instance.Waiting.Add(what);
        else
            what();
    }

    private void Tick() => In(TickUs, Tick);

    private void MoveTo(long us)
    {
        long passed = us - NowUs;
        NowUs = us;
        Redis.NowUs = NowUs - RedisBehindUs;
        foreach (var instance in Instances.ToArray())
        {
            instance.BehindUs += passed * instance.Pace;
            if (NowUs < instance.PausedUntilUs)
                continue;
            // Whole microseconds: the rest is told later.
            long tellUs = (long)instance.BehindUs;
            instance.BehindUs -= tellUs;
            instance.Clock.Advance(TimeSpan.FromMicroseconds(tellUs));
            foreach (var what in instance.Waiting.ToArray())
                what();
            instance.Waiting.Clear();
        }
    }
}
