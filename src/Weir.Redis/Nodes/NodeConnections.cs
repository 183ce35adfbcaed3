using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Weir.Redis;

/// <summary>Opens, logs in and checks all connections to Redis. Safe for concurrent use.</summary>
internal sealed class NodeConnections(
    ConfigurationOptions configuration, RedisOptions options, PartitionCount partitions)
{
    /// <summary>Maximum servers remembered per address. More servers mean a proxy with useless run ids.</summary>
    private const int MaxServers = 16;

    private const int MaxAddresses = 1_024;

    /// <summary>Timeout of the general client: long, because its texts may have 16 MiB and no decision waits.</summary>
    private static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly List<ClientConnection> _ofClient = [];

    /// <summary>Run ids of the servers at each address, in the order of their discovery.</summary>
    private readonly Dictionary<EndPoint, List<string>> _servers = [];

    private readonly record struct ClientConnection(EndPoint EndPoint, string? RunId, Stream Stream);

    public event Action<EndPoint, string>? Moved;

    public RedisProblems Problems { get; } = new();

    public TimeSpan Patience { get; } = TimeSpan.FromMilliseconds(configuration.AsyncTimeout);

    public ConfigurationOptions OfClient()
    {
        var client = configuration.Clone();
        client.Tunnel = new ClientTunnel(this);
        client.AsyncTimeout = client.SyncTimeout = (int)ClientPatience.TotalMilliseconds;
        // The streams of the client are already secured and logged in.
        (client.Ssl, client.User, client.Defaults) = (false, null, new DefaultOptionsProvider());
        return client;
    }

    /// <summary>Opens a connection for decisions, or throws. Refuses a replica.</summary>
    public NodeConnection Open(EndPoint endpoint)
    {
        string node = RespErrors.NameOf(endpoint);
        try
        {
            var connection = Open(endpoint, Patience, Check);
            Learn(endpoint, connection.RunId);
            return connection;
        }
        catch (RedisServerException refusal) when (refusal.Kind != RedisErrorKind.ReadOnly)
        {
            Problems.Set(node, [NodeCheck.ProblemOf(node, refusal)]);
            throw;
        }

        void Check(NodeConnection connection, NodeInfo info)
        {
            if (info.IsMaster == false)
            {
                // A cluster itself reports which nodes are masters, so a replica is no problem there.
                Problems.Set(node, info.IsOfCluster ? [] : [NodeCheck.ReplicaProblemOf(node)]);
                throw new RedisServerException(RedisErrorKind.ReadOnly, CommandFlags.None, $"READONLY {node} is a replica");
            }

            string refused = NodeCheck.AskRights(connection, info, options.Prefix);
            bool isAtomic = NodeCheck.IsAtomic(connection, info, options.Prefix, () => NodeConnection.Open(endpoint, configuration, Patience));
            Problems.Set(node, NodeCheck.ProblemsOf(node, info, refused, isAtomic), isMaster: true);
        }
    }

    /// <summary>Makes the general client reconnect, because its addresses may lead to other servers by now.</summary>
    public void DropClient() => Close(_ => true);

    public void Forget(EndPoint endpoint) => Problems.Set(RespErrors.NameOf(endpoint), []);

    private Stream OpenForClient(EndPoint endpoint)
    {
        int before;
        lock (_gate)
            before = ServersLocked(endpoint).Count;
        // Gives up after the connect timeout of the client, which then tries again.
        var connection = Open(endpoint, TimeSpan.FromMilliseconds(configuration.ConnectTimeout), static (_, _) => { });
        var stream = connection.HandOver();
        lock (_gate)
        {
            _ofClient.RemoveAll(connection => !connection.Stream.CanRead);
            var servers = ServersLocked(endpoint);
            // The address moved while this connection was opened, so this connection was not closed with the others.
            if (servers.Count > before && connection.RunId is { } runId && servers[^1] != runId)
                stream.Dispose();
            else
                _ofClient.Add(new(endpoint, connection.RunId, stream));
        }

        if (!stream.CanRead)
            throw new EndOfStreamException("its address leads to another server now");
        Learn(endpoint, connection.RunId);
        return stream;
    }

    private NodeConnection Open(EndPoint endpoint, TimeSpan patience, Action<NodeConnection, NodeInfo> check)
    {
        var connection = NodeConnection.Open(endpoint, configuration, patience);
        try
        {
            var info = NodeCheck.Ask(connection);
            if (info.Product is not null)
                partitions.Learn(info.IsOfCluster);
            check(connection, info);
            connection.RunId = info.RunId;
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Learns the server at an address. Closes the client's connections to the previous server.</summary>
    private void Learn(EndPoint endpoint, string? runId)
    {
        lock (_gate)
        {
            var servers = ServersLocked(endpoint);
            if (runId is null || servers.Count == MaxServers || servers.Contains(runId))
                return;
            servers.Add(runId);
            if (servers.Count == 1)
                return;
        }

        Close(connection => connection.EndPoint.Equals(endpoint) && connection.RunId != runId);
        Moved?.Invoke(endpoint, runId);
    }

    private List<string> ServersLocked(EndPoint endpoint)
    {
        if (_servers.TryGetValue(endpoint, out var servers))
            return servers;
        if (_servers.Count == MaxAddresses)
            _servers.Clear();
        return _servers[endpoint] = [];
    }

    private void Close(Predicate<ClientConnection> which)
    {
        List<ClientConnection> closed;
        lock (_gate)
        {
            closed = _ofClient.FindAll(which);
            _ofClient.RemoveAll(which);
        }

        closed.ForEach(connection => connection.Stream.Dispose());
    }

    /// <summary>Provides the general client with connected streams in place of sockets.</summary>
    private sealed class ClientTunnel(NodeConnections nodes) : Tunnel
    {
        public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) => default;

        public override async ValueTask<Stream?> BeforeAuthenticateAsync(
            EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken) =>
            await Task.Factory.StartNew(
                () => nodes.OpenForClient(endpoint), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }
}
