using Weir.Redis.Tests.Topologies;
using Weir.Testing;

namespace Weir.Redis.Tests.Partitions;

/// <summary>An instance on a cluster, and requests whose limits lie in several partitions.</summary>
internal sealed class Split : IAsyncDisposable
{
    private Split(RedisStore redis, ShardedFailover failover)
    {
        (Redis, Failover) = (redis, failover);
        Store = new PartitionedStore(failover, redis, TimeProvider.System);
        Policies = new PolicySet([Plan], Plan, new Dictionary<string, Plan>());
        Limiter = new RateLimiter(Policies, Store, TimeProvider.System);
        Reservations = new Reservations(Limiter, Store, new PartitionedStore(failover.Alone, redis, TimeProvider.System));
    }

    public const int PerKeyCapacity = 1_000;

    public const int PerIpCapacity = 10;

    /// <summary>In a test's time nothing refills.</summary>
    public static readonly Plan Plan = new(
        "split",
        [
            new Limit("per-key", [Limit.KeyDimension], TokenQuota.Create(1, TimeSpan.FromHours(1), PerKeyCapacity)),
            new Limit("per-ip", ["ip"], TokenQuota.Create(1, TimeSpan.FromHours(1), PerIpCapacity)),
            new Limit("monthly", ["ip"], Some.WindowOf(100_000)) { Unit = "tokens" },
            new Limit("streams", ["model"], Permits(4)),
        ],
        OnOutage.Local);

    public static ConcurrencyQuota Permits(long limit) =>
        ConcurrencyQuota.TryCreate(limit, TimeSpan.FromMinutes(1), out var quota, out string? error) ? quota : throw new ArgumentException(error);

    public RedisStore Redis { get; }

    public ShardedFailover Failover { get; }

    public PartitionedStore Store { get; }

    public PolicySet Policies { get; }

    public RateLimiter Limiter { get; }

    public Reservations Reservations { get; }

    public static async Task<Split> OpenAsync(SharedCluster shared, TimeSpan? deadline = null, bool leases = false)
    {
        var options = shared.Options(deadline, partitions: null);
        options.LeaseHorizon = leases ? RedisOptions.DefaultLeaseHorizon : TimeSpan.Zero;
        var redis = new RedisStore(options, TimeProvider.System);
        Assert.True(await redis.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        var peers = new Dictionary<int, RedisPeers>();
        var failover = new ShardedFailover(
            redis, redis, Some.Memory(TimeProvider.System, 65_536), new BreakerOptions(), TimeProvider.System,
            shard => peers[shard] = new RedisPeers(redis, TimeProvider.System, shard));
        await Until.TrueAsync(() => peers.Count == 3, () => "not all shards are known");
        return new Split(redis, failover);
    }

    /// <summary>Returns a request.</summary>
    public static RequestFacts Request(string tenant, string key, string? ip = null, string? model = null, long cost = 1, long tokens = 0)
    {
        var attributes = new Dictionary<string, string>();
        if (ip is not null)
            attributes["ip"] = ip;
        if (model is not null)
            attributes["model"] = model;
        return new RequestFacts(tenant, key, cost, attributes, tokens == 0 ? null : new Dictionary<string, long> { ["tokens"] = tokens });
    }

    /// <summary>Returns what is left of each limit of a request.</summary>
    public async Task<IReadOnlyDictionary<string, long>> LeftAsync(RequestFacts facts)
    {
        var decision = await Limiter.CheckAsync(facts with { Cost = 0, Costs = null });
        return decision.Limits().ToDictionary(line => line.Limit.Name, line => line.Remaining);
    }

    /// <summary>Waits until everything that was to be given back is.</summary>
    public Task SettledAsync() => Until.TrueAsync(() => Redis.LateUndoing == 0 && Failover.Owing == 0, () => $"{Redis.LateUndoing} {Failover.Owing}");

    public async ValueTask DisposeAsync()
    {
        await Failover.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
