namespace Weir.Testing;

/// <summary>A Redis Cluster of one node that owns every slot: what a client may not do on a cluster, it may not do here.</summary>
public sealed class OneNodeCluster : ITestRedis
{
    private readonly ClusterNode _node;

    private OneNodeCluster(ClusterNode node) => _node = node;

    /// <inheritdoc/>
    public int Port => _node.Server.Port;

    /// <inheritdoc/>
    public string Endpoint => _node.Server.Endpoint;

    /// <summary>Starts one, and returns when it serves all slots. Where there is no Redis process to be had, the calling test is skipped.</summary>
    /// <param name="arguments">Further arguments of the server.</param>
    public static async Task<OneNodeCluster> StartAsync(params string[] arguments) => await FormAsync(await ClusterNode.StartAsync(arguments));

    /// <summary>Starts a server again as a cluster. It is then the cluster's to dispose.</summary>
    public static async Task<OneNodeCluster> MakeOfAsync(RedisServer server) => await FormAsync(await ClusterNode.MakeOfAsync(server));

    /// <inheritdoc/>
    public Task<string> CommandAsync(params string[] words) => _node.CommandAsync(words);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private static async Task<OneNodeCluster> FormAsync(ClusterNode node)
    {
        await node.CommandAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        await Until.TrueAsync(() => node.IsWellAsync(1), () => "the cluster of one node did not form");
        return new OneNodeCluster(node);
    }
}
