using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Weir.Redis;

/// <summary>
/// Opens every connection to Redis, those of decisions and those of the general client, in one way: logged in, in the
/// database of the settings, and checked. Says which of them lead to the wrong server. Safe for concurrent use.
/// </summary>
/// <param name="configuration">How to log in.</param>
/// <param name="options">The prefix of all keys.</param>
/// <param name="partitions">Learns whether the nodes are of a cluster.</param>
internal sealed class NodeConnections(
    ConfigurationOptions configuration, RedisOptions options, PartitionCount partitions)
{
    /// <summary>
    /// Servers remembered per address. An address with more of them is a proxy whose run ids say nothing.
    /// </summary>
    private const int MaxServers = 16;

    private const int MaxAddresses = 1_024;

    /// <summary>
    /// Maximum time for a reply to the general client. No decision waits for it, and live data has texts of 16 MiB.
    /// </summary>
    private static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly List<ClientConnection> _ofClient = [];

    /// <summary>The run ids of the servers to which an address led, in this order.</summary>
    private readonly Dictionary<EndPoint, List<string>> _servers = [];

    private readonly record struct ClientConnection(EndPoint EndPoint, string? RunId, Stream Stream);

    /// <summary>
    /// Called with an address that leads to another server than before, and with the run id of that server.
    /// </summary>
    public event Action<EndPoint, string>? Moved;

    /// <summary>The problems of the nodes.</summary>
    public RedisProblems Problems { get; } = new();

    /// <summary>Maximum time for a connection of decisions to open.</summary>
    public TimeSpan Patience { get; } = TimeSpan.FromMilliseconds(configuration.AsyncTimeout);

    /// <summary>How the general client connects: through this.</summary>
    public ConfigurationOptions OfClient()
    {
        var client = configuration.Clone();
        client.Tunnel = new ClientTunnel(this);
        client.AsyncTimeout = client.SyncTimeout = (int)ClientPatience.TotalMilliseconds;
        // The streams that it gets are secured and logged in.
        (client.Ssl, client.User, client.Defaults) = (false, null, new DefaultOptionsProvider());
        return client;
    }

    /// <summary>Opens a connection of decisions, or throws what prevents it. A replica is refused.</summary>
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
                // Nodes of a cluster tell which of them are masters.
                Problems.Set(node, info.IsOfCluster ? [] : [NodeCheck.ReplicaProblemOf(node)]);
                throw new RedisServerException(RedisErrorKind.ReadOnly, CommandFlags.None, $"READONLY {node} is a replica");
            }

            string refused = NodeCheck.AskRights(connection, info, options.Prefix);
            bool isAtomic = NodeCheck.IsAtomic(connection, info, options.Prefix, () => NodeConnection.Open(endpoint, configuration, Patience));
            Problems.Set(node, NodeCheck.ProblemsOf(node, info, refused, isAtomic), isMaster: true);
        }
    }

    /// <summary>Has the general client connect anew, since the address may lead to another server by now.</summary>
    public void DropClient() => Close(_ => true);

    /// <summary>Forgets the problems of a node that is gone.</summary>
    public void Forget(EndPoint endpoint) => Problems.Set(RespErrors.NameOf(endpoint), []);

    private Stream OpenForClient(EndPoint endpoint)
    {
        int before;
        lock (_gate)
            before = ServersLocked(endpoint).Count;
        // The client begins anew after this time.
        var connection = Open(endpoint, TimeSpan.FromMilliseconds(configuration.ConnectTimeout), static (_, _) => { });
        var stream = connection.HandOver();
        lock (_gate)
        {
            _ofClient.RemoveAll(connection => !connection.Stream.CanRead);
            var servers = ServersLocked(endpoint);
            // The address moved while this connection was opened, so that it was not closed with the others.
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

    /// <summary>Leaves the server before, if a connection has found a new one at its address.</summary>
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

    /// <summary>Gives the general client streams that are connected, in place of sockets.</summary>
    private sealed class ClientTunnel(NodeConnections nodes) : Tunnel
    {
        public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) => default;

        public override async ValueTask<Stream?> BeforeAuthenticateAsync(
            EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken) =>
            await Task.Factory.StartNew(
                () => nodes.OpenForClient(endpoint), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }
}
