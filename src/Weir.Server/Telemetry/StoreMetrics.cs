using System.Diagnostics.Metrics;
using Weir.Redis;

namespace Weir.Server;

internal sealed class StoreMetrics : IDisposable
{
    private readonly Meter _meter = new(DecisionMetrics.MeterName);
    /// <summary>Maximum number of series of problems, and of shards, because nodes of a cluster come and go.</summary>
    private const int MaxProblems = 1_000;

    private readonly HashSet<(string Node, string Kind)> _problems = [];
    private readonly long[] _faults = new long[Enum.GetValues<StoreFault>().Length];

    private readonly HashSet<string> _shards = [];

    public StoreMetrics(Stores stores)
    {
        ObserveMemory(stores.Memory);
        if (stores.Failover is not { } failover)
            return;
        failover.Faulted += fault => Interlocked.Increment(ref _faults[(int)fault]);
        if (stores.Redis is { } redis)
        {
            _meter.CreateObservableCounter("weir.decisions.local", () => redis.DecidedLocally, "{decision}", "Decisions on Redis that were made by tokens leased from it, or by a refusal that still holds.");
            _meter.CreateObservableCounter("weir.late.undone", () => redis.LateUndone, "{take}", "Takes and charges that Redis replied to after memory had decided them, undone in Redis.");
            _meter.CreateObservableCounter("weir.late.lost", () => redis.LateLost, "{take}", "Takes as in weir.late.undone that Redis did not confirm as undone, so that they may be charged.");
            ObserveFleet(redis, stores.Prefixes!);
            _meter.CreateObservableCounter(
                "weir.takes.undone", () => redis.Undone, "{take}",
                "Takes that were given back, mostly since a limit in another partition refused.");
            _meter.CreateObservableCounter(
                "weir.takes.undone.lost", () => redis.UndoneLost, "{take}",
                "Takes as in weir.takes.undone that Redis did not confirm as given back, so that they may be charged.");
            _meter.CreateObservableGauge("weir.redis.problems", () => ProblemsOf(redis), "{problem}", "Problems of Redis nodes: 1 as found when a connection was opened, 0 when gone.");
            _meter.CreateObservableGauge("weir.scheduling.lag", () => redis.SchedulingLag.TotalSeconds, "s", "Largest time in the last 10 to 20 seconds for which a thread that sends decisions waited for a core.");
            _meter.CreateObservableGauge("weir.leases", () => redis.LeasesOut, "{lease}", "Buckets of which tokens are leased to this instance.");
        }

        _meter.CreateObservableGauge("weir.breaker.state", () => StatesOf(failover), null, "0 closed: Redis decides. 1 open, 2 half-open: memory decides.");
        _meter.CreateObservableGauge("weir.instances", () => failover.Instances, "{instance}", "Instances that share Redis, this one included, as was last known: in an outage each decides on its share.");
        _meter.CreateObservableGauge("weir.outage.owing", () => failover.Owing, "{bucket}", "Buckets of which something was spent without Redis that is not settled yet.");
        _meter.CreateObservableCounter("weir.outage.lost", () => failover.Lost, "{take}", "Takes without Redis that it will not be told of.");
        _meter.CreateObservableCounter("weir.outages", () => failover.OutagesBegun, "{outage}", "Outages of Redis that began.");
        _meter.CreateObservableCounter("weir.store.faults", Faults, "{fault}", "Calls that Redis did not answer, by kind.");
    }

    public void Dispose() => _meter.Dispose();

    private void ObserveFleet(RedisStore redis, PrefixWatch prefixes)
    {
        _meter.CreateObservableGauge(
            "weir.fleet.differs", () => redis.Differences.Count > 0 ? 1 : 0, null,
            "1 if this instance differs from its fleet and leases nothing, 0 if not; /readyz says how.");
        _meter.CreateObservableGauge(
            "weir.fleet.prefixes", () => prefixes.Others.Count, "{prefix}",
            "Other prefixes that instances use in the same Redis database.");
    }

    private void ObserveMemory(MemoryStore memory)
    {
        _meter.CreateObservableGauge("weir.memory.used", () => memory.Used, "{bucket}", "Slots in memory in use, reusable ones included.");
        _meter.CreateObservableGauge("weir.memory.capacity", () => memory.Capacity, "{bucket}", "Slots in memory.");
        _meter.CreateObservableGauge("weir.memory.size", () => memory.Bytes, "By", "Address space of all slots.");
        _meter.CreateObservableCounter("weir.memory.overflowed", () => memory.Overflowed, "{decision}", "Decisions on a bucket shared by keys that found no place of their own.");
        _meter.CreateObservableCounter("weir.memory.full", () => memory.Full, "{decision}", "Decisions not made because there was no slot at all.");
    }

    /// <summary>Returns 1 for each current and 0 for each solved problem, so that no series stays at 1.</summary>
    private Measurement<long>[] ProblemsOf(RedisStore redis)
    {
        var now = redis.Problems.Select(problem => (problem.Node, problem.Kind)).ToHashSet();
        lock (_problems)
        {
            _problems.UnionWith(now.Take(MaxProblems - _problems.Count));
            return [.. _problems.Select(problem => new Measurement<long>(
                now.Contains(problem) ? 1 : 0, new("node", problem.Node), new("problem", problem.Kind)))];
        }
    }

    /// <summary>Returns the breaker state, per shard on a cluster. A shard that is gone has the value 0.</summary>
    private Measurement<long>[] StatesOf(ShardedFailover failover)
    {
        var now = failover.States.ToArray();
        if (now is [(null, var only)])
            return [new((long)only)];
        lock (_shards)
        {
            _shards.UnionWith(now.Select(state => state.Shard).OfType<string>().Take(MaxProblems - _shards.Count));
            return [.. _shards.Select(shard => new Measurement<long>(
                (long)now.FirstOrDefault(state => state.Shard == shard).State, new KeyValuePair<string, object?>("shard", shard)))];
        }
    }

    private IEnumerable<Measurement<long>> Faults() =>
        from fault in Enum.GetValues<StoreFault>()
        where fault != StoreFault.None
        select new Measurement<long>(Volatile.Read(ref _faults[(int)fault]), new KeyValuePair<string, object?>("fault", Spelling.Of(fault)));
}
