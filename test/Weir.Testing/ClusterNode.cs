using System.Globalization;

namespace Weir.Testing;

/// <summary>A server that is a node of a Redis Cluster, and the folder in which it remembers which one, over a restart too.</summary>
public sealed class ClusterNode : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly string _busPort;

    private ClusterNode(RedisServer server, DirectoryInfo folder, string busPort) => (Server, _folder, _busPort) = (server, folder, busPort);

    /// <summary>The server.</summary>
    public RedisServer Server { get; }

    /// <summary>What the cluster calls it.</summary>
    public string Id { get; private set; } = "";

    internal static async Task<ClusterNode> StartAsync(params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("weir-cluster-");
        string busPort = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        return await KnownAsync(await TestRedis.StartProcessAsync([.. ArgumentsFor(folder, busPort), .. arguments]), folder, busPort);
    }

    /// <summary>Starts a server again as a node. It is then the node's to dispose.</summary>
    internal static async Task<ClusterNode> MakeOfAsync(RedisServer server)
    {
        var folder = Directory.CreateTempSubdirectory("weir-cluster-");
        string busPort = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        await server.RestartAsync(ArgumentsFor(folder, busPort));
        return await KnownAsync(server, folder, busPort);
    }

    /// <inheritdoc cref="RedisServer.CommandAsync"/>
    public Task<string> CommandAsync(params string[] words) => Server.CommandAsync(words);

    /// <summary>Whether it thinks that all slots are served, and knows so many nodes.</summary>
    internal async Task<bool> IsWellAsync(int nodes)
    {
        string info = await CommandAsync("CLUSTER", "INFO");
        return info.Contains("cluster_state:ok", StringComparison.Ordinal) && info.Contains($"cluster_known_nodes:{nodes}\r", StringComparison.Ordinal);
    }

    /// <summary>Introduces it to another node.</summary>
    internal Task MeetAsync(ClusterNode other) =>
        CommandAsync("CLUSTER", "MEET", "127.0.0.1", other.Server.Port.ToString(CultureInfo.InvariantCulture), other._busPort);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static async Task<ClusterNode> KnownAsync(RedisServer server, DirectoryInfo folder, string busPort) =>
        new(server, folder, busPort) { Id = await server.CommandAsync("CLUSTER", "MYID") };

    private static string[] ArgumentsFor(DirectoryInfo folder, string busPort) =>
    [
        "--cluster-enabled", "yes",
        "--cluster-announce-ip", "127.0.0.1",
        "--dir", folder.FullName,
        "--cluster-port", busPort,
    ];
}
