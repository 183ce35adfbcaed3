namespace Weir.Simulation.Worlds;

/// <summary>
/// Instances as in production, from <see cref="FailoverStore"/> down to the script, over a simulated Redis: one thread, virtual time, one seed. Only the network, the
/// clocks and the Redis around its scripts are the simulation's own.
/// </summary>
internal sealed class World : IDisposable
{
    /// <summary>
    /// By how much clocks run unlike each other: little, since what a clock that runs fast lets come back too soon in an outage is no mistake to be found (leases alone are tried with a
    /// hundredth).
    /// </summary>
    public const double Drift = 1e-6;

    /// <summary>How much more seldom instances ask while it is quiet.</summary>
    private const int Quiet = 8;

    /// <summary>The bits of an event's number that keep events of the same microsecond in order.</summary>
    private const int OrderBits = 26;

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 10, 0, TimeSpan.Zero);

    private static readonly long StartUs = (Start - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>
    /// The latest answer that law L6 allows, in microseconds: the deadline and a quarter of it, and the 2 ms between two
    /// checks, rounded up.
    /// </summary>
    private static readonly long LatestUs = (long)(1.25 * RedisOptions.DefaultDeadline.TotalMicroseconds) + 2_250;

    private readonly PriorityQueue<Action, long> _events = new();
    private readonly Dictionary<long, long> _applied = [];
    private readonly Mistake _mistake;
    private readonly Plan _plan;
    private readonly WorldSizes _sizes;
    private readonly int _nodeCount;
    private readonly int _partitions;
    private readonly LuaRedis[] _nodes;
    private long _order;
    private long _names;

    public World(
        int seed, Plan plan, int instances, Mistake mistake = Mistake.None, WorldSizes? sizes = null, int nodes = 1, int partitions = 1)
    {
        Random = new Random(seed);
        (_plan, _mistake, _sizes, _nodeCount, _partitions) = (plan, mistake, sizes ?? new WorldSizes(), nodes, partitions);
        _nodes = [.. Enumerable.Range(0, nodes).Select(NodeAt)];
        Tenants = WorldTenant.Of(_nodes);
        Policies = new WorldPolicies(plan, Tenants.Select(tenant => tenant.Name));
        for (int i = 0; i < instances; i++)
            Instances.Add(Begin(instances));
    }

    public Random Random { get; }

    /// <summary>The policies of all instances.</summary>
    public WorldPolicies Policies { get; }

    /// <summary>The tenants, one for each node.</summary>
    public IReadOnlyList<WorldTenant> Tenants { get; }

    /// <summary>The first node, or all of Redis.</summary>
    public LuaRedis Redis => _nodes[0];

    /// <summary>What was admitted of the first tenant's buckets.</summary>
    public WorldLog Log => Tenants[0].Log;

    public List<Instance> Instances { get; } = [];

    /// <summary>The time of the world, in microseconds.</summary>
    public long NowUs { get; private set; } = StartUs;

    /// <summary>How far the clock of Redis is behind the world's.</summary>
    public long RedisBehindUs { get; set; }

    /// <summary>Whether what is handed out of leases counts as admitted before: they were spent before Redis was lost, and end within a horizon.</summary>
    public bool LeasesAreOfBefore { get; set; }

    /// <summary>True while instances ask seldom, since nothing is about to happen.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>The longest that anybody waited for an answer.</summary>
    public long LongestUs { get; private set; }

    /// <summary>What breaks law L6; null if nobody waited for too long.</summary>
    public string? LateAnswer => LongestUs > LatestUs ? $"L6: somebody waited for {LongestUs} us" : null;

    /// <summary>Requests that have not been answered.</summary>
    public int Open { get; private set; }

    private readonly Dictionary<string, long> _mayBeCharged = [];

    /// <summary>
    /// Returns the cost that Redis may hold of a key beside the admitted requests: of requests without a reply, and of
    /// requests admitted by a lease of before an outage.
    /// </summary>
    public long MayBeCharged(string key) => key.Length > 0 ? _mayBeCharged.GetValueOrDefault(key) : _mayBeCharged.Values.Sum();

    internal sealed class Instance
    {
        public required WorldClock Clock { get; init; }

        /// <summary>The ways to the nodes, in their order.</summary>
        public required IReadOnlyList<Network> Networks { get; init; }

        /// <summary>The way to the first node.</summary>
        public Network Network => Networks[0];

        public required RedisStore Redis { get; init; }

        public required ShardedFailover Store { get; init; }

        /// <summary>Number in the order in which instances came.</summary>
        public required long Name { get; init; }

        /// <summary>The store, of which it is written down what it does.</summary>
        public required ObservedStore Observed { get; init; }

        /// <summary>Decides requests over the store, and writes down what it admits.</summary>
        public required RateLimiter Limiter { get; init; }

        /// <summary>Reserves over the same.</summary>
        public required Reservations Reservations { get; init; }

        public bool IsDead => Clock.IsDead;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var node in _nodes)
            node.Dispose();
    }

    /// <summary>Returns a tenant by its name.</summary>
    public WorldTenant TenantOf(string name) => Tenants.First(tenant => tenant.Name == name);

    /// <summary>Does something later; what is to be done at the same time is done in the order in which it was asked for.</summary>
    public void In(long us, Action what) =>
        _events.Enqueue(what, ((NowUs + us - StartUs) << OrderBits) | (_order++ & ((1L << OrderBits) - 1)));

    /// <summary>Lets time pass.</summary>
    public void Run(TimeSpan time)
    {
        long endUs = NowUs + (time.Ticks / TimeSpan.TicksPerMicrosecond);
        while (_events.TryPeek(out var next, out long at) && StartUs + (at >> OrderBits) <= endUs)
        {
            _events.Dequeue();
            MoveTo(StartUs + (at >> OrderBits));
            next();
        }

        MoveTo(endUs);
    }

    /// <summary>An instance comes, as new.</summary>
    public Instance Begin(int expected)
    {
        var wall = Start + TimeSpan.FromMicroseconds(NowUs - StartUs + Random.Next(1_000_000));
        var clock = new WorldClock(this, wall, 1 + (Drift * ((2 * Random.NextDouble()) - 1)));
        Network[] networks = [.. _nodes.Select(node => new Network(this, node, clock, Random))];
        IRedisWire wire = networks.Length == 1 ? networks[0] : new ClusterNetwork(networks);
        var options = Mistakes.Options(OptionsOf(expected), _mistake);
        var redis = new RedisStore(options, clock, wire, networks, static () => new InlinePump());
        long name = ++_names;
        IPeers Join(int shard) => Mistakes.Peers(new RedisPeers(() => wire, options, clock, name, shard, redis.Fleet.At(shard)), _mistake);
        var memory = new MemoryStore(MemoryOptionsOf(name), clock);
        var store = new ShardedFailover(
            Mistakes.Primary(redis, _mistake), Mistakes.Map(redis, _mistake), memory, new BreakerOptions(), clock, Join);
        var observed = new ObservedStore(store, this);
        var limiter = new RateLimiter(Policies, observed, clock);
        return new Instance
        {
            Clock = clock,
            Networks = networks,
            Redis = redis,
            Store = store,
            Name = name,
            Observed = observed,
            Limiter = limiter,
            Reservations = new Reservations(limiter, observed, new ObservedStore(store.Alone, this)),
        };
    }

    private LuaRedis NodeAt(int node)
    {
        Func<int, bool>? hasSlot = _nodeCount == 1 ? null : slot => Shards.NodeOf(slot, _nodeCount) == node;
        return new LuaRedis(text => Mistakes.Edit(text, _mistake), hasSlot) { NowUs = NowUs };
    }

    private MemoryStoreOptions MemoryOptionsOf(long seed) =>
        new() { MaxKeys = _sizes.MemoryKeys, AnswerBytes = _sizes.AnswerBytes, HashSeed = seed };

    private RedisOptions OptionsOf(int expected) => new()
    {
        Endpoints = "simulated",
        Partitions = _partitions,
        Instances = expected,
        KnownBuckets = _sizes.KnownBuckets,
        AnswerBytes = _sizes.AnswerBytes,
        HashSeed = _names + 1,
    };

    /// <summary>An instance is no more, and what it knew and held with it.</summary>
    public void Crash(Instance instance)
    {
        instance.Clock.IsDead = true;
        Instances.Remove(instance);
    }

    /// <summary>
    /// Has an instance ask until a time, on average every so often; now and then for one of many keys, since an outage is noticed only by whoever asks Redis.
    /// </summary>
    public void Load(Instance instance, double meanUs, string[] keys, long mostCost, long untilUs)
    {
        In((long)(-Math.Log(1 - Random.NextDouble()) * (IsQuiet ? Quiet * meanUs : meanUs)) + 1, () =>
        {
            if (instance.IsDead || NowUs >= untilUs)
                return;
            if (NowUs >= instance.Clock.PausedUntilUs)
                _ = TakeAsync(instance, Random.Next(4) == 0 ? $"seldom{Random.Next(400)}" : keys[Random.Next(keys.Length)], Random.NextInt64(1, mostCost + 1));
            Load(instance, meanUs, keys, mostCost, untilUs);
        });
    }

    /// <summary>Asks once, and writes down what was admitted, at the time at which that was decided.</summary>
    public async Task TakeAsync(Instance instance, string key, long cost)
    {
        long askedUs = NowUs, pausedUs = instance.Clock.PausedUntilUs;
        bool asks = instance.Store.State == BreakerState.Closed;
        Open++;
        if (asks)
            _mayBeCharged[key] = _mayBeCharged.GetValueOrDefault(key) + cost;
        var limits = _plan.Resolve(new RequestFacts(WorldTenant.Only, key, cost)) with { TenantIsListed = true };
        var answer = await instance.Store.TakeAsync(limits).ConfigureAwait(false);
        Open--;
        if (instance.Clock.PausedUntilUs == pausedUs)
            LongestUs = Math.Max(LongestUs, NowUs - askedUs);
        bool isAllowed = answer is { Fault: StoreFault.None, Outcome: BucketOutcome.Allowed };
        bool isOfBefore = isAllowed && answer.IsLocal && LeasesAreOfBefore;
        if (asks && !answer.Degraded && !isOfBefore)
            _mayBeCharged[key] -= cost;
        bool isOfRedis = answer.Source == DecisionSource.Redis && !answer.IsLocal;
        if (isAllowed && !isOfBefore)
            Log.Admit(isOfRedis ? AppliedAt(answer.NowUs) : NowUs, limits);
    }

    /// <summary>Waits for an answer, and remembers how long that took unless the instance was paused meanwhile.</summary>
    public async Task<T> TimedAsync<T>(Instance instance, string tenant, Task<T> request)
    {
        long askedUs = NowUs, pausedUs = instance.Clock.PausedUntilUs;
        Open++;
        var answer = await request.ConfigureAwait(false);
        Open--;
        if (instance.Clock.PausedUntilUs == pausedUs && pausedUs < askedUs)
        {
            LongestUs = Math.Max(LongestUs, NowUs - askedUs);
            TenantOf(tenant).LongestUs = Math.Max(TenantOf(tenant).LongestUs, NowUs - askedUs);
        }

        return answer;
    }

    /// <summary>A script ran at this time of Redis.</summary>
    public void Applied(long redisUs) => _applied[redisUs] = NowUs;

    /// <summary>Returns when a script ran, by the world's time.</summary>
    /// <param name="redisUs">When it ran, by the clock of Redis.</param>
    public long AppliedAt(long redisUs) => _applied[redisUs];

    /// <summary>Something was published.</summary>
    public void Tell(string channel, string text)
    {
        foreach (var instance in Instances)
            instance.Clock.WhenScheduled(() => instance.Network.Hear(channel, text));
    }

    private void MoveTo(long us)
    {
        NowUs = us;
        foreach (var node in _nodes)
            node.NowUs = us - RedisBehindUs;
    }
}
