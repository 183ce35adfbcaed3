using System.Collections.Concurrent;
using System.Net;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>
/// Sends script calls over connections of its own, one per Redis node, and finds the node of each slot.
/// One thread sends and reads. The general client says which nodes there are.
/// </summary>
internal sealed class SocketWire : IScriptWire, IDisposable
{
    private readonly ConnectionMultiplexer _topology;
    private readonly ConfigurationOptions _configuration;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly ConcurrentDictionary<EndPoint, Node> _nodes = new();

    /// <summary>The node of each slot, as far as redirections and the client have told.</summary>
    private readonly Node?[] _slots = new Node?[RedisSlot.Count];

    /// <summary>The node that imports a slot, as the last redirection has told.</summary>
    private readonly Dictionary<int, Node> _importing = [];

    private Node? _master;

    /// <summary>The node whose reply is read now, or was read last.</summary>
    private Node? _awaited;

    /// <param name="topology">Knows which nodes there are.</param>
    /// <param name="configuration">How to log in to each.</param>
    /// <param name="time">The clock of pauses between attempts to connect.</param>
    public SocketWire(ConnectionMultiplexer topology, ConfigurationOptions configuration, TimeProvider time)
    {
        _topology = topology;
        _configuration = configuration;
        _time = time;
        _patience = TimeSpan.FromMilliseconds(configuration.AsyncTimeout);
        LearnTopology();
    }

    /// <inheritdoc/>
    public bool IsConnected => _nodes.Values.Any(node => node.Connection is not null);

    /// <inheritdoc/>
    /// <remarks>Of the node that is waited for: what has arrived from others waits because of it.</remarks>
    public bool HasArrived => Volatile.Read(ref _awaited) is { HasArrived: true };

    /// <summary>Tries to connect to the nodes that are known now, and returns when each was tried.</summary>
    public Task ConnectAsync() => Task.WhenAll(_nodes.Values.Select(node => node.ConnectAsync()));

    /// <inheritdoc/>
    public ScriptReply Send(ScriptCall call, bool withText, Way way = Way.Straight)
    {
        int slot = RedisSlot.Of(call[0].Span);
        var node = NodeOf(slot, way);
        if (ConnectionOf(node) is not { } connection)
            throw node.Fault ?? new EndOfStreamException("there is no connection yet");

        try
        {
            connection.Write(call, withText, asking: way == Way.Asked);
            connection.Flush();
        }
        catch (Exception fault)
        {
            node.Drop(connection, fault);
            throw;
        }

        return new Reply(this, node, connection, asked: way == Way.Asked);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var node in _nodes.Values)
            node.Dispose();
    }

    /// <summary>
    /// Returns the connection; null if there is none now, and begins an attempt to connect. The first attempt of all is
    /// waited for, since nothing can be decided before it.
    /// </summary>
    private NodeConnection? ConnectionOf(Node node)
    {
        if (node.Connection is { } connection)
            return connection;
        var connecting = node.ConnectAsync();
        if (node.Fault is null && !IsConnected)
            connecting.Wait(_patience);
        return node.Connection;
    }

    private Node NodeOf(int slot, Way way)
    {
        if (way == Way.Asked && _importing.Remove(slot, out var importing))
            return importing;
        if (_slots[slot] is { } node && (way == Way.Moved || node.Connection is not null))
            return node;
        // Any node of a cluster redirects to the right one.
        if (_master is not { Connection: not null })
        {
            LearnTopology();
            foreach (var one in _nodes.Values)
                _ = one.ConnectAsync();
            _master = _nodes.Values.FirstOrDefault(one => one.Connection is not null) ?? _master ?? _nodes.Values.First();
        }

        return _master;
    }

    /// <summary>Takes over the masters that the client knows, and the nodes of slots of which nothing was heard yet.</summary>
    private void LearnTopology()
    {
        var servers = _topology.GetServers();
        var masters = servers.Where(server => server is { IsConnected: true, IsReplica: false }).Select(server => server.EndPoint).ToHashSet();
        // Until the client has connected, the endpoints of the settings are all there is. Sentinels are none of Redis' own.
        if (masters.Count == 0 && _nodes.IsEmpty)
            masters.UnionWith(servers.Select(server => server.EndPoint));
        foreach (var gone in masters.Count == 0 ? [] : _nodes.Values.Where(node => node.Connection is null && !masters.Contains(node.EndPoint)).ToArray())
            Forget(gone);
        foreach (var master in masters)
            NodeAt(master);
        foreach (var node in servers.Select(server => server.ClusterConfiguration).FirstOrDefault(cluster => cluster is not null)?.Nodes ?? [])
        {
            if (node.EndPoint is not { } endpoint || node.IsReplica || !masters.Contains(endpoint))
                continue;
            foreach (var range in node.Slots)
            {
                for (int slot = range.From; slot <= range.To; slot++)
                    _slots[slot] ??= NodeAt(endpoint);
            }
        }
    }

    private void Forget(Node node)
    {
        _nodes.TryRemove(node.EndPoint, out _);
        node.Dispose();
        for (int slot = 0; slot < _slots.Length; slot++)
        {
            if (_slots[slot] == node)
                _slots[slot] = null;
        }

        if (_master == node)
            _master = null;
    }

    private Node NodeAt(EndPoint endpoint) =>
        _nodes.GetOrAdd(endpoint, at => new Node(at, to => NodeConnection.Open(to, _configuration, _patience), _time));

    private void Learn(RedisServerException error, Node from, NodeConnection connection)
    {
        switch (error.Kind)
        {
            case RedisErrorKind.Moved when RespErrors.TryReadTarget(error, from.EndPoint, out int slot, out var target):
                _slots[slot] = NodeAt(target);
                _ = _slots[slot]!.ConnectAsync();
                break;
            case RedisErrorKind.Ask when RespErrors.TryReadTarget(error, from.EndPoint, out int slot, out var target):
                _importing[slot] = NodeAt(target);
                _ = _importing[slot].ConnectAsync();
                break;
            case RedisErrorKind.ReadOnly:
                // It is a replica now. Its address may lead to the new master already.
                from.Drop(connection, error);
                break;
        }
    }

    /// <summary>The reply to a call. The thread that waits for it reads it from the connection, in the order of the calls.</summary>
    private sealed class Reply(SocketWire wire, Node node, NodeConnection connection, bool asked) : ScriptReply
    {
        public override ReadOnlySpan<byte> Read()
        {
            Volatile.Write(ref wire._awaited, node);
            try
            {
                if (asked)
                    connection.Read();
                return connection.Read();
            }
            catch (RedisServerException error)
            {
                wire.Learn(error, node, connection);
                throw;
            }
            catch (Exception fault)
            {
                node.Drop(connection, fault);
                throw;
            }
        }
    }
}
