using System.Net;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>The Redis nodes that decide, with their slots. The general client finds the nodes.</summary>
internal sealed class Shards : IDisposable
{
    /// <summary>Minimum interval between searches for a node that answers.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Interval at which a node of a cluster is asked for the slots of all nodes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly ConnectionMultiplexer? _topology;
    private readonly NodeConnections? _connections;
    private readonly TimeProvider _time;
    private readonly Func<IScriptWire, Batcher> _open;

    private readonly Shard?[] _slots = new Shard?[RedisSlot.Count];

    private readonly Batcher[] _given = [];
    private readonly ShardNumbers _numbers;
    private readonly ITimer? _asking;
    private volatile Shard[] _shards = [];
    private volatile Shard? _default;
    private volatile bool _isCluster;
    private long _askedAt;
    private int _turn;
    private bool _isClosed;

    public Shards(
        ConnectionMultiplexer topology, NodeConnections connections, TimeProvider time, ShardNumbers numbers, Func<IScriptWire, Batcher> open)
    {
        (_topology, _connections, _time, _numbers, _open) = (topology, connections, time, numbers, open);
        connections.Moved += Follow;
        LearnNodes();
        _asking = time.CreateTimer(static shards => _ = ((Shards)shards!).AskNodesAsync(), this, Interval, Interval);
    }

    /// <summary>Uses given batchers, each for an equal part of the slots.</summary>
    public Shards(IReadOnlyList<Batcher> given, ShardNumbers numbers)
    {
        (_given, _time, _numbers, _open) = ([.. given], TimeProvider.System, numbers, _ => given[0]);
        if (given.Count > 1)
        {
            numbers.Learn(
                from slot in Enumerable.Range(0, RedisSlot.Count)
                group slot by NodeOf(slot, given.Count) into part
                select ((EndPoint)new DnsEndPoint("node", 1 + part.Key), part.AsEnumerable()));
        }
    }

    public bool IsConnected => _given.Length > 0 || _shards.Any(shard => shard.IsConnected);

    public string? LastError => _given.Select(batcher => batcher.LastError).LastOrDefault(error => error is not null)
        ?? _shards.Where(shard => shard.Batcher.LastError is not null).Select(ErrorOf).LastOrDefault();

    public string? LastErrorOf(string node) => Array.Find(_shards, shard => shard.Name == node)?.Batcher.LastError;

    public Batcher Of(PendingCommand take)
    {
        if (_given.Length > 0)
            return _given[_given.Length == 1 ? 0 : NodeOf(take.Slot, _given.Length)];
        var shard = _isCluster ? _slots[take.Slot] : null;
        if (shard is { IsConnected: true })
            return shard.Batcher;
        // Without a connection to the slot's node, any node of a cluster redirects to it.
        return (_default is { Answers: true } first ? first : FindDefault()).Batcher;
    }

    public static int NodeOf(int slot, int nodes) => slot * nodes / RedisSlot.Count;

    public Task ConnectAsync() => Task.WhenAll(_shards.Select(shard => shard.ConnectAsync()));

    /// <summary>Hands a batch over to the node that a redirection names. Returns false if that is impossible.</summary>
    public bool Follow(Batch call, RedisServerException redirection, IScriptWire from)
    {
        if (from is not Shard shard || !RespErrors.TryReadTarget(redirection, shard.EndPoint, out int slot, out var endpoint))
            return false;
        var target = At(endpoint);
        if (target is null)
            return false;
        _isCluster = true;
        bool isAsked = redirection.Kind == RedisErrorKind.Ask;
        lock (_gate)
        {
            if (!isAsked && _shards.Contains(target))
                _slots[slot] = target;
        }

        target.Batcher.Adopt(call, isAsked);
        return true;
    }

    public void Dispose()
    {
        _connections?.Moved -= Follow;
        _asking?.Dispose();
        foreach (var batcher in _given)
            batcher.Dispose();
        lock (_gate)
        {
            _isClosed = true;
            foreach (var shard in _shards)
                shard.Dispose();
        }
    }

    private void Follow(EndPoint endpoint, string runId) => Array.Find(_shards, shard => shard.EndPoint.Equals(endpoint))?.Follow(runId);

    private string ErrorOf(Shard shard) => _isCluster ? $"{shard.Name}: {shard.Batcher.LastError}" : shard.Batcher.LastError!;

    private Shard FindDefault()
    {
        lock (_gate)
        {
            if (!_isClosed && (_askedAt == 0 || _time.GetElapsedTime(_askedAt) >= Pause))
            {
                _askedAt = _time.GetTimestamp();
                LearnNodes();
                _ = ConnectAsync();
            }

            return _default = Array.Find(_shards, shard => shard.Answers) ?? Array.Find(_shards, shard => shard.IsConnected) ?? _default ?? _shards[0];
        }
    }

    private void LearnNodes()
    {
        var servers = _topology!.GetServers();
        var masters = servers.Where(server => server is { IsConnected: true, IsReplica: false }).Select(server => server.EndPoint).ToHashSet();
        // Until the client has connected, uses the configured endpoints, none of which is a Sentinel.
        if (masters.Count == 0 && _shards.Length == 0)
            masters.UnionWith(servers.Select(server => server.EndPoint));
        foreach (var gone in masters.Count == 0 ? [] : _shards.Where(shard => !shard.IsConnected && !masters.Contains(shard.EndPoint)))
            Forget(gone);
        _isCluster |= servers.Any(server => server.ServerType == ServerType.Cluster);
        foreach (var master in masters)
            At(master);
        if (servers.Select(server => server.ClusterConfiguration).FirstOrDefault(cluster => cluster is not null) is not { } cluster)
            return;
        foreach (var node in cluster.Nodes)
        {
            if (node.EndPoint is { } endpoint && !node.IsReplica && masters.Contains(endpoint))
                LearnSlots(node, At(endpoint));
        }

        Number(cluster);
    }

    /// <summary>Asks a node for all slots and renumbers the shards: slots move, and nodes come and go.</summary>
    private async Task AskNodesAsync()
    {
        var servers = _topology!.GetServers().Where(server => server is { IsConnected: true, ServerType: ServerType.Cluster }).ToArray();
        if (servers.Length == 0)
            return;
        try
        {
            // Asks another node each time, because one may hang.
            if (await servers[(uint)_turn++ % servers.Length].ClusterNodesAsync().ConfigureAwait(false) is { } cluster)
                Number(cluster);
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException or ObjectDisposedException)
        {
            // The next interval asks again.
        }
    }

    private void Number(ClusterConfiguration cluster) => _numbers.Learn(
        from node in cluster.Nodes
        where node.EndPoint is not null && !node.IsReplica
        select (node.EndPoint, node.Slots.SelectMany(range => Enumerable.Range(range.From, range.To - range.From + 1))));

    private void LearnSlots(ClusterNode node, Shard? shard)
    {
        foreach (var range in node.Slots)
        {
            for (int slot = range.From; slot <= range.To; slot++)
                _slots[slot] ??= shard;
        }
    }

    private Shard? At(EndPoint endpoint)
    {
        lock (_gate)
        {
            if (Array.Find(_shards, shard => shard.EndPoint.Equals(endpoint)) is { } known)
                return known;
            if (_isClosed)
                return null;
            var shard = new Shard(new Node(endpoint, _connections!.Open, _time), _connections.Patience, _open);
            _shards = [.. _shards, shard];
            return shard;
        }
    }

    private void Forget(Shard gone)
    {
        _shards = [.. _shards.Where(shard => shard != gone)];
        for (int slot = 0; slot < _slots.Length; slot++)
        {
            if (_slots[slot] == gone)
                _slots[slot] = null;
        }

        if (_default == gone)
            _default = null;
        gone.Dispose();
        _connections!.Forget(gone.EndPoint);
    }
}
