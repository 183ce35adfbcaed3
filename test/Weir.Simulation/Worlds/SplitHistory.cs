using System.Buffers.Binary;

namespace Weir.Simulation.Worlds;

/// <summary>
/// A world in which one tenant is spread over three nodes, and each request has limits in up to three partitions, of which
/// one or the other often refuses. All nodes are well.
/// </summary>
internal sealed class SplitHistory : IDisposable
{
    private const int Nodes = 3, Partitions = 8;
    private const string Address = "ip";
    private static readonly string[] Keys = ["a", "b", "c", "d", "e"], Addresses = ["x", "y", "z"];

    private readonly World _world;
    private readonly WorldLog _log = new();
    private readonly Plan _plan;
    private readonly RedisKeyFormat _format = new("weir", null, new PartitionCount(Partitions));
    private readonly bool _isSlow;
    private readonly int _rate;
    private readonly long _untilUs;
    private int _refused, _open;

    /// <param name="seed">The seed.</param>
    /// <param name="keepsTaken">True to plant a mistake: nothing is given back.</param>
    public SplitHistory(int seed, bool keepsTaken = false)
    {
        var random = new Random(~seed);
        _isSlow = random.Next(2) == 0;
        _rate = random.Next(20, 400);
        Limit[] limits =
        [
            new("per-key", [Limit.KeyDimension], QuotaOf(random.Next(5, 60))), new("per-ip", [Address], QuotaOf(random.Next(5, 120))),
            new("all", Array.Empty<string>(), QuotaOf(random.Next(20, 400))),
        ];
        _plan = new Plan("split", [.. limits], OnOutage.Local);
        int instances = random.Next(1, 4);
        _world = new World(seed, _plan, instances, nodes: Nodes, partitions: Partitions);
        _untilUs = _world.NowUs + 2_000_000;
        foreach (var instance in _world.Instances)
        {
            foreach (var network in instance.Networks)
                network.MostLatencyUs = random.Next(100, 1_200);
            IBucketStore below = keepsTaken ? new KeepingStore(instance.Store) : instance.Store;
            var store = new PartitionedStore(below, instance.Redis, instance.Clock);
            int meanUs = random.Next(1_000, 6_000);
            Begin(store, random.Next(1, 4), meanUs);
        }

        TokenQuota QuotaOf(int capacity) =>
            _isSlow ? TokenQuota.Create(1, TimeSpan.FromHours(1), capacity) : TokenQuota.Create(_rate, TimeSpan.FromSeconds(1), capacity);
    }

    /// <inheritdoc/>
    public void Dispose() => _world.Dispose();

    /// <summary>Lets it happen. Returns what was wrong, or null.</summary>
    public string? Run()
    {
        _world.Run(TimeSpan.FromSeconds(4));
        return Judge() is { } verdict ? $"{verdict} ({_world.Instances.Count} instances, {_rate}/s{(_isSlow ? ", slow" : "")}, {_refused} refused)" : null;
    }

    private void Begin(PartitionedStore store, int mostCost, int meanUs) => _world.In((long)(-Math.Log(1 - _world.Random.NextDouble()) * meanUs) + 1, () =>
    {
        if (_world.NowUs >= _untilUs)
            return;
        _ = TakeAsync(store, mostCost);
        Begin(store, mostCost, meanUs);
    });

    private async Task TakeAsync(PartitionedStore store, int mostCost)
    {
        var attributes = new Dictionary<string, string> { [Address] = Addresses[_world.Random.Next(Addresses.Length)] };
        var facts = new RequestFacts(WorldTenant.Only, Keys[_world.Random.Next(Keys.Length)], _world.Random.Next(1, mostCost + 1), attributes);
        var limits = _plan.Resolve(facts) with { TenantIsListed = true };
        _open++;
        var answer = await store.TakeAsync(limits).ConfigureAwait(false);
        _open--;
        if (answer is not { Fault: StoreFault.None, Outcome: BucketOutcome.Allowed })
        {
            _refused++;
            return;
        }

        foreach (var limit in limits)
            _log.Write(limit, limits with { Facts = facts with { Key = ValueOf(limit, facts) } }, new LogEntry(_world.NowUs, facts.Cost));
    }

    private static string ValueOf(Limit limit, in RequestFacts facts) => limit.Dimensions.IsEmpty ? "" : limit.Dimensions[0].ValueIn(facts)!;

    private string? Judge()
    {
        if (_open > 0)
            return $"L6: {_open} requests are open";
        // Answers come a moment after they were decided, and what is given back may be handed out a lease early.
        double early = _isSlow ? 0 : 1 + (_rate * 2 * RedisOptions.DefaultLeaseHorizon.TotalSeconds);
        if (_log.TokensOver(0, long.MaxValue) is var over && over > early)
            return $"L1: {over} tokens of {_log.Worst} over";
        foreach (var limit in _isSlow ? _plan.Limits : [])
        {
            foreach (string value in limit.Name == "per-key" ? Keys : limit.Name == "per-ip" ? Addresses : [""])
            {
                long held = Held(limit, value), admitted = _log.Tokens(limit, value);
                if (held != admitted)
                    return $"L2: Redis holds {held} tokens of {limit.Name} {value}, and {admitted} were admitted";
            }
        }

        return null;
    }

    private long Held(Limit limit, string value)
    {
        byte[] key = _format.KeyOf(new RequestFacts(WorldTenant.Only, value, 1, new Dictionary<string, string> { [Address] = value }), limit);
        if (_world.Tenants[Shards.NodeOf(RedisSlot.Of(key), Nodes)].Redis.Get(key) is not { } bucket)
            return 0;
        long unit = limit.Quota.Rate.UnitsPerToken;
        return ((long)BinaryPrimitives.ReadDoubleLittleEndian(bucket) + (unit / 2)) / unit;
    }

    /// <summary>Gives nothing back.</summary>
    private sealed class KeepingStore(IBucketStore store) : IBucketStore
    {
        public DecisionSource Source => store.Source;

        public PendingResult? Execute(in BucketCommand command, out BucketResult result) => store.Execute(command, out result);

        public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
            store.RecallAsync(tenant, id, cancellation);
    }
}
