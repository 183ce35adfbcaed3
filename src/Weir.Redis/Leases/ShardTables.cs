using System.Collections.Frozen;

namespace Weir.Redis;

/// <summary>The known buckets of each shard, made when the shard is first asked for. Safe for concurrent use.</summary>
/// <param name="options">How many buckets of a shard are known, and how long a lease lives.</param>
/// <param name="time">The clock of this instance.</param>
/// <param name="lag">How long this instance waited for a core last.</param>
/// <param name="leased">Called when a lease was granted, which then ends.</param>
/// <param name="fleet">Says at which shards this instance may lease.</param>
internal sealed class ShardTables(
    RedisOptions options, TimeProvider time, Func<TimeSpan> lag, Action leased, Fleet fleet)
{
    private readonly Lock _gate = new();
    private volatile FrozenDictionary<int, Leasing> _tables = FrozenDictionary<int, Leasing>.Empty;

    /// <summary>All tables; a lease of one whose tenants moved to another shard still ends.</summary>
    public IReadOnlyList<Leasing> All => _tables.Values;

    /// <summary>Believes no refusal of a tenant any more, whichever shards its buckets are on.</summary>
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
