using System.Collections.Frozen;

namespace Weir.Redis;

/// <summary>The known buckets of each shard, made on first use. Safe for concurrent use.</summary>
internal sealed class ShardTables(
    RedisOptions options, TimeProvider time, Func<TimeSpan> lag, Action leased, Fleet fleet)
{
    private readonly Lock _gate = new();
    private volatile FrozenDictionary<int, Leasing> _tables = FrozenDictionary<int, Leasing>.Empty;

    /// <summary>The tables of all shards, including former shards, whose leases still have to end.</summary>
    public IReadOnlyList<Leasing> All => _tables.Values;

    public void Forget(string tenant)
    {
        foreach (var table in _tables.Values)
            table.Forget(tenant);
    }

    public Leasing At(int shard) => _tables.TryGetValue(shard, out var table) ? table : Add(shard);

    private Leasing Add(int shard)
    {
        lock (_gate)
        {
            if (_tables.TryGetValue(shard, out var known))
                return known;
            var buckets = new KnownBuckets(options.KnownBuckets, time, options.HashSeed)
            {
                HorizonUs = options.LeaseHorizon.Ticks / TimeSpan.TicksPerMicrosecond,
                Leased = leased,
            };
            var agreement = fleet.At(shard);
            var table = new Leasing(buckets, lag, () => agreement.MayLease);
            _tables = _tables.Append(new(shard, table)).ToFrozenDictionary();
            return table;
        }
    }
}
