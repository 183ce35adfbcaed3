using System.Diagnostics;

namespace Weir.Testing;

/// <summary>A Redis Cluster of real processes: three masters, and a replica of each.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Shards = 3;
    private const int Slots = 16_384;
    private const string Late = "30000";

    /// <summary>An election that failed is held again after four times that, which is half of a test's patience at most.</summary>
    private const string LateInAFailover = "10000";

    /// <summary>After this a replica gives up to take its master's place by hand.</summary>
    private static readonly TimeSpan FailoverEnds = TimeSpan.FromSeconds(5);

    private readonly ClusterNode[] _nodes;

    private RedisCluster(ClusterNode[] nodes) => _nodes = nodes;

    /// <summary>All nodes as a client is given them.</summary>
    public string Endpoints => string.Join(',', _nodes.Select(node => node.Server.Endpoint));

    /// <summary>All nodes, whatever they are at the moment.</summary>
    public IReadOnlyList<ClusterNode> Nodes => _nodes;

    /// <summary>
    /// Starts one, and returns when all nodes agree on who serves what. Nodes are believed to be down only after half a minute, so that a busy machine changes
    /// nothing by itself; whoever kills one calls <see cref="NoticeSoonAsync"/> before.
    /// </summary>
    public static async Task<RedisCluster> StartAsync()
    {
        // A shard that is down is no reason for the others to stop, and a replica that has not heard of its master for long is better than none.
        string[] arguments = ["--cluster-node-timeout", Late, "--cluster-require-full-coverage", "no", "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"];
        var cluster = new RedisCluster(await Task.WhenAll(Enumerable.Range(0, 2 * Shards).Select(_ => ClusterNode.StartAsync(arguments))));
        try
        {
            await cluster.FormAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has nodes that do not answer believed to be down after a second.</summary>
    public Task NoticeSoonAsync() => NoticeAfterAsync("1000");

    /// <summary>Which node serves a slot, and who stands behind it, as a node sees it that runs; once it sees both.</summary>
    public async Task<(ClusterNode Master, ClusterNode Replica)> ShardOfAsync(int slot)
    {
        (string? Master, string? Replica) shard = default;
        await Until.TrueAsync(
            async () =>
            {
                shard = (await ClusterMap.OfAsync(Running.First())).ShardOf(slot);
                return shard.Replica is not null;
            },
            () => $"slot {slot} has no master, or none with a replica");
        return (Node(shard.Master!), Node(shard.Replica!));
    }

    /// <summary>Waits until every node that runs thinks that a node serves a slot.</summary>
    public async Task UntilServedByAsync(int slot, ClusterNode master)
    {
        foreach (var node in Running)
            await Until.TrueAsync(async () => (await ClusterMap.OfAsync(node)).IsServedBy(slot, master.Id), () => $"slot {slot} was not served by {master.Server.Endpoint} in the eyes of {node.Server.Endpoint}");
    }

    /// <summary>Has a replica take its master's place by hand, and waits until all agree. On a busy machine Redis may give up; then it is asked again.</summary>
    public async Task FailOverAsync(int slot, ClusterNode replica)
    {
        await NoticeAfterAsync(LateInAFailover);
        long? asked = null;
        await Until.TrueAsync(
            async () =>
            {
                if ((await replica.CommandAsync("ROLE")).StartsWith("master", StringComparison.Ordinal))
                    return true;
                if (asked is null || Stopwatch.GetElapsedTime(asked.Value) > FailoverEnds)
                {
                    await replica.CommandAsync("CLUSTER", "FAILOVER");
                    asked = Stopwatch.GetTimestamp();
                }

                return false;
            },
            () => $"{replica.Server.Endpoint} did not become the master");
        await UntilServedByAsync(slot, replica);
        await NoticeAfterAsync(Late);
    }

    /// <summary>Moves a slot and all its keys to the master of another shard, one after the other.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="between">What happens between one key and the next.</param>
    /// <returns>How many keys were moved.</returns>
    public async Task<int> MoveSlotAsync(int slot, Func<Task>? between = null)
    {
        var (from, _) = await ShardOfAsync(slot);
        var to = await OtherMasterAsync(from);
        await to.CommandAsync("CLUSTER", "SETSLOT", $"{slot}", "IMPORTING", from.Id);
        await from.CommandAsync("CLUSTER", "SETSLOT", $"{slot}", "MIGRATING", to.Id);
        int moved = 0;
        while (await from.CommandAsync("CLUSTER", "GETKEYSINSLOT", $"{slot}", "1") is { Length: > 0 } key)
        {
            await from.CommandAsync("MIGRATE", "127.0.0.1", $"{to.Server.Port}", key, "0", "5000");
            moved++;
            if (between is not null)
                await between();
        }

        foreach (var node in (ClusterNode[])[to, from])
            await node.CommandAsync("CLUSTER", "SETSLOT", $"{slot}", "NODE", to.Id);
        await UntilServedByAsync(slot, to);
        return moved;
    }

    /// <summary>Starts a node again that was killed, and waits until the cluster is as it was at first.</summary>
    public async Task ReviveAsync(ClusterNode node)
    {
        await node.Server.RestartAsync();
        await UntilInStepAsync(node);
        await NoticeAfterAsync(Late);
    }

    /// <summary>Waits until a node is a replica that is connected to its master.</summary>
    public static Task UntilInStepAsync(ClusterNode replica) => Until.TrueAsync(
        async () => (await replica.CommandAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal),
        () => $"{replica.Server.Endpoint} did not become a replica");

    /// <summary>Waits until a replica has had all that its master has.</summary>
    public static Task UntilSameAsync(ClusterNode master, ClusterNode replica) => Until.TrueAsync(
        async () => await OffsetAsync(master, "master_repl_offset") == await OffsetAsync(replica, "slave_repl_offset"),
        () => $"{replica.Server.Endpoint} did not get all that {master.Server.Endpoint} has");

    /// <summary>Has a master accept no replica any more, while it goes on answering everybody else.</summary>
    public static async Task CutReplicasOffAsync(ClusterNode master)
    {
        await master.CommandAsync("ACL", "SETUSER", "default", "-psync", "-sync");
        await master.CommandAsync("CLIENT", "KILL", "TYPE", "replica");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    private async Task NoticeAfterAsync(string milliseconds) => await Task.WhenAll(_nodes.Select(node => node.CommandAsync("CONFIG", "SET", "cluster-node-timeout", milliseconds)));

    private IEnumerable<ClusterNode> Running => _nodes.Where(node => node.Server.IsRunning);

    private static async Task<string> OffsetAsync(ClusterNode node, string name) =>
        (await node.CommandAsync("INFO", "replication")).Split("\r\n").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..];

    private async Task FormAsync()
    {
        foreach (var node in _nodes[1..])
            await _nodes[0].MeetAsync(node);
        for (int i = 0; i < Shards; i++)
            await _nodes[i].CommandAsync("CLUSTER", "ADDSLOTSRANGE", $"{i * Slots / Shards}", $"{((i + 1) * Slots / Shards) - 1}");
        await UntilAllAreWellAsync();
        for (int i = 0; i < Shards; i++)
            await _nodes[Shards + i].CommandAsync("CLUSTER", "REPLICATE", _nodes[i].Id);
        foreach (var replica in _nodes[Shards..])
            await UntilInStepAsync(replica);
        foreach (var node in _nodes)
            await Until.TrueAsync(async () => (await ClusterMap.OfAsync(node)).Replicas == Shards, () => "the replicas were not known to all");
    }

    private async Task UntilAllAreWellAsync()
    {
        foreach (var node in _nodes)
            await Until.TrueAsync(() => node.IsWellAsync(_nodes.Length), () => "the cluster did not form");
    }

    private async Task<ClusterNode> OtherMasterAsync(ClusterNode than)
    {
        var (first, _) = await ShardOfAsync(0);
        return first != than ? first : (await ShardOfAsync(Slots - 1)).Master;
    }

    private ClusterNode Node(string id) => Array.Find(_nodes, node => node.Id == id)!;
}
