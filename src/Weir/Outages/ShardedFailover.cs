using System.Collections.Frozen;

namespace Weir;

/// <summary>A <see cref="FailoverStore"/> per shard: an outage concerns only the buckets of its shard.</summary>
// A shard gets a store once the map has it. The store of a former shard stays: it may have unsettled spending.
public sealed class ShardedFailover : IBucketStore, IAsyncDisposable
{
    private readonly IBucketStore _primary;
    private readonly IShardMap _map;
    private readonly MemoryStore _memory;
    private readonly BreakerOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<int, IPeers> _join;
    private readonly int _knownBuckets;
    private readonly Lock _gate = new();
    private volatile FrozenDictionary<int, FailoverStore> _stores = FrozenDictionary<int, FailoverStore>.Empty;
    private volatile IPeers[] _peers = [];
    private bool _isClosed;

    /// <summary>Makes the store.</summary>
    /// <param name="primary">Store that decides unless there is an outage.</param>
    /// <param name="map">Shards of the primary.</param>
    /// <param name="memory">Store that decides in an outage. It must have no other user.</param>
    /// <param name="options">When an outage begins, and how often a shard is probed.</param>
    /// <param name="time">Clock of the outages and settlements.</param>
    /// <param name="join">Joins the peers at a shard. The store disposes them. Null: this instance is alone.</param>
    /// <param name="knownBuckets">Maximum known buckets per shard, unless the primary maintains them.</param>
    public ShardedFailover(
        IBucketStore primary, IShardMap map, MemoryStore memory, BreakerOptions options, TimeProvider time, Func<int, IPeers>? join = null,
        int knownBuckets = KnownBuckets.Default)
    {
        (_primary, _map, _memory, _options, _time, _knownBuckets) = (primary, map, memory, options, time, knownBuckets);
        _join = join ?? (_ => new NoPeers());
        Alone = new AloneStore(this);
        map.ShardsChanged += OpenShards;
        OpenShards();
    }

    /// <summary>Raised when the outage of a shard begins: from now on, the shard gets only probes.</summary>
    public event Action<Outage>? OutageBegan;

    /// <summary>Raised when the outage of a shard ends: the shard decides again.</summary>
    public event Action<Outage>? OutageEnded;

    /// <summary>Raised for each failed request to the primary. Handlers must be cheap.</summary>
    public event Action<StoreFault>? Faulted;

    /// <summary>Source of the primary while any shard decides; else the source of memory.</summary>
    public DecisionSource Source => Current.Any(store => store.State == BreakerState.Closed) ? _primary.Source : _memory.Source;

    /// <inheritdoc/>
    public TimeSpan LongestAnswer => _primary.LongestAnswer;

    /// <summary>The worst breaker state of all shards, from Closed (best) over HalfOpen to Open.</summary>
    public BreakerState State => Current.Select(store => store.State).OrderByDescending(SeverityOf).FirstOrDefault();

    /// <summary>Breaker state of each present shard, by the shard's name; null if there is only one shard.</summary>
    public IEnumerable<(string? Shard, BreakerState State)> States =>
        from shard in _map.Shards
        where _stores.ContainsKey(shard)
        select (_map.NameOf(shard), _stores[shard].State);

    /// <summary>The outages that are under way, the oldest first.</summary>
    public IReadOnlyList<Outage> Outages =>
    [
        .. from shard in _stores.Keys
           let outage = _stores[shard].Outage
           where outage is not null
           orderby outage.BeganAt
           select outage with { Shard = _map.NameOf(shard) },
    ];

    /// <summary>Number of outages of all shards since the start.</summary>
    public long OutagesBegun => _stores.Values.Sum(store => (long)store.OutagesBegun);

    /// <summary>The fallback alone, which settles the reservations that it made.</summary>
    public IBucketStore Alone { get; }

    /// <summary>Number of instances last known at any shard, including this one.</summary>
    public int Instances
    {
        get
        {
            int most = 1;
            foreach (var peers in _peers)
                most = Math.Max(most, peers.Count);
            return most;
        }
    }

    /// <inheritdoc cref="FailoverStore.Owing"/>
    public int Owing => _stores.Values.Sum(store => store.Owing);

    /// <inheritdoc cref="FailoverStore.Lost"/>
    public long Lost => _stores.Values.Sum(store => store.Lost);

    private IEnumerable<FailoverStore> Current => _map.Shards.Where(_stores.ContainsKey).Select(shard => _stores[shard]);

    /// <inheritdoc/>
    public PendingResult? Execute(in BucketCommand command, out BucketResult result) =>
        Of(command).Execute(command, out result);

    Task IBucketStore.Undo(in BucketCommand command, in BucketResult result) =>
        ((IBucketStore)Of(command)).Undo(command, result);

    /// <inheritdoc/>
    public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        OfRecord(tenant, id).RecallAsync(tenant, id, cancellation);

    /// <inheritdoc cref="FailoverStore.ProbeAsync"/>
    public Task ProbeAsync(int tries = 1, CancellationToken cancellation = default) =>
        Task.WhenAll(Current.Select(store => store.ProbeAsync(tries, cancellation)));

    /// <summary>Stops probing, settles with reachable shards, and leaves the peers. Disposes no given store.</summary>
    public async ValueTask DisposeAsync()
    {
        _map.ShardsChanged -= OpenShards;
        lock (_gate)
            _isClosed = true;
        await Task.WhenAll(_stores.Values.Select(store => store.DisposeAsync().AsTask())).ConfigureAwait(false);
        await Task.WhenAll(_peers.OfType<IAsyncDisposable>().Select(peers => peers.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private static int SeverityOf(BreakerState state) => state switch
    {
        BreakerState.Closed => 0,
        BreakerState.HalfOpen => 1,
        _ => 2,
    };

    private FailoverStore Of(in BucketCommand command) =>
        At(_map.ShardOf(command.LimitsRef.Facts.Tenant, _map.Of(command)));

    private FailoverStore OfRecord(string tenant, UInt128 id) =>
        At(_map.ShardOf(tenant, Partition.OfRecord(id, _map.Partitions)));

    private FailoverStore At(int shard) => _stores.TryGetValue(shard, out var store) ? store : Open(shard);

    private void OpenShards()
    {
        foreach (int shard in _map.Shards)
            Open(shard);
    }

    private FailoverStore Open(int shard)
    {
        lock (_gate)
        {
            if (_stores.TryGetValue(shard, out var known))
                return known;
            // Opens no new store during disposal: any store answers.
            if (_isClosed)
                return _stores.Values[0];
            var peers = _join(shard);
            _peers = [.. _peers, peers];
            var store = new FailoverStore(_primary, _memory, _options, _time, new ShardMembers(shard, peers, () => Instances), _knownBuckets);
            store.OutageBegan += outage => OutageBegan?.Invoke(outage with { Shard = _map.NameOf(shard) });
            store.OutageEnded += outage => OutageEnded?.Invoke(outage with { Shard = _map.NameOf(shard) });
            store.Faulted += fault => Faulted?.Invoke(fault);
            _stores = _stores.Append(new(shard, store)).ToFrozenDictionary();
            return store;
        }
    }

    private sealed class AloneStore(ShardedFailover all) : IBucketStore
    {
        public DecisionSource Source => all._memory.Source;

        public PendingResult? Execute(in BucketCommand command, out BucketResult result) =>
            all.Of(command).Alone.Execute(command, out result);

        public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
            all.OfRecord(tenant, id).Alone.RecallAsync(tenant, id, cancellation);
    }
}
