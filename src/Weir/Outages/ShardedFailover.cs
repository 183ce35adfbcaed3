using System.Collections.Frozen;

namespace Weir;

/// <summary>
/// Decides by the primary and, while a shard of it cannot answer, by memory: a <see cref="FailoverStore"/> for each
/// shard, so that outages, membership, recovery and lost memory of one shard concern its own buckets only.
/// </summary>
/// <remarks>
/// A shard that is new gets its store when the primary hears of it. A store stays until the end: it may owe.
/// </remarks>
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

    /// <summary>
    /// Makes the store; <see cref="ProbeAsync"/> may be called to learn how the primary is before the first request.
    /// </summary>
    /// <param name="primary">The store that all instances share.</param>
    /// <param name="map">The shards of the primary.</param>
    /// <param name="memory">The fallback, which must have no other user.</param>
    /// <param name="options">When a shard is no longer asked.</param>
    /// <param name="time">The clock.</param>
    /// <param name="join">
    /// Joins the instances that share a shard's buckets. The result is disposed with the store.
    /// </param>
    /// <param name="knownBuckets">
    /// Maximum number of a shard's buckets whose state is known for an outage; for a Redis store, its option of that
    /// name counts instead.
    /// </param>
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

    /// <summary>A shard's outage began: it is no longer asked.</summary>
    public event Action<Outage>? OutageBegan;

    /// <summary>A shard's outage is over: the shard decides again.</summary>
    public event Action<Outage>? OutageEnded;

    /// <summary>A call to the primary failed; raised for each, so whatever listens must be cheap.</summary>
    public event Action<StoreFault>? Faulted;

    /// <inheritdoc/>
    /// <remarks>Memory's, if no shard decides.</remarks>
    public DecisionSource Source => Current.Any(store => store.State == BreakerState.Closed) ? _primary.Source : _memory.Source;

    /// <inheritdoc/>
    public TimeSpan LongestAnswer => _primary.LongestAnswer;

    /// <summary>Whether the primary is asked: closed if all of its shards are.</summary>
    public BreakerState State => Current.Select(store => store.State).OrderByDescending(SeverityOf).FirstOrDefault();

    /// <summary>The state of each shard that the primary has now, by name; of the only one by null.</summary>
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

    /// <summary>The fallback: reservations made there are settled there.</summary>
    public IBucketStore Alone { get; }

    /// <summary>Instances to reckon with, this one included, as was last known at any shard.</summary>
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

    /// <summary>
    /// Stops probing, settles with shards that are there, and leaves the instances that share them. The
    /// primary and memory are not disposed.
    /// </summary>
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
            // What comes while this store is being disposed of is decided as any shard's.
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
