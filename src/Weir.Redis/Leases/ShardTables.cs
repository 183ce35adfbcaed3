using System.Collections.Frozen;

namespace Weir.Redis;

/// <summary>The known buckets of each shard, made when the shard is first asked for. Safe for concurrent use.</summary>
/// <param name="buckets">Maximum number of known buckets of a shard.</param>
/// <param name="horizon">How long a lease lives; zero to lease nothing.</param>
/// <param name="numbers">Which shard has a tenant's buckets.</param>
/// <param name="time">The clock of this instance.</param>
/// <param name="lag">How long this instance waited for a core last.</param>
/// <param name="leased">Called when a lease was granted, which then ends.</param>
internal sealed class ShardTables(int buckets, TimeSpan horizon, ShardNumbers numbers, TimeProvider time, Func<TimeSpan> lag, Action leased)
{
    private readonly Lock _gate = new();
    private volatile FrozenDictionary<int, Leasing> _tables = FrozenDictionary<int, Leasing>.Empty;

    /// <summary>All tables; a lease of one whose tenants moved to another shard still ends.</summary>
    public IReadOnlyList<Leasing> All => _tables.Values;

    public Leasing Of(string tenant) => At(numbers.Of(tenant));

    public Leasing At(int shard) => _tables.TryGetValue(shard, out var table) ? table : Add(shard);

    private Leasing Add(int shard)
    {
        lock (_gate)
        {
            if (_tables.TryGetValue(shard, out var known))
                return known;
            var table = new Leasing(new KnownBuckets(buckets, time) { HorizonUs = horizon.Ticks / TimeSpan.TicksPerMicrosecond, Leased = leased }, lag);
            _tables = _tables.Append(new(shard, table)).ToFrozenDictionary();
            return table;
        }
    }
}
