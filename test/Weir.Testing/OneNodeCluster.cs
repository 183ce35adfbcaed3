using System.Globalization;

namespace Weir.Testing;

/// <summary>A Redis Cluster of one node that owns every slot: what a client may not do on a cluster, it may not do here.</summary>
public sealed class OneNodeCluster : ITestRedis
{
    private readonly RedisServer _server;
    private readonly DirectoryInfo _folder;

    private OneNodeCluster(RedisServer server, DirectoryInfo folder) => (_server, _folder) = (server, folder);

    /// <inheritdoc/>
    public int Port => _server.Port;

    /// <inheritdoc/>
    public string Endpoint => _server.Endpoint;

    /// <summary>Starts one, and returns when it serves all slots. Where there is no Redis process to be had, the calling test is skipped.</summary>
    /// <param name="arguments">Further arguments of the server.</param>
    public static async Task<OneNodeCluster> StartAsync(params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("weir-cluster-");
        return await FormAsync(await TestRedis.StartProcessAsync([.. ArgumentsIn(folder), .. arguments]), folder);
    }

    /// <summary>Starts a server again as a cluster. It is then the cluster's to dispose.</summary>
    public static async Task<OneNodeCluster> MakeOfAsync(RedisServer server)
    {
        var folder = Directory.CreateTempSubdirectory("weir-cluster-");
        await server.RestartAsync(ArgumentsIn(folder));
        return await FormAsync(server, folder);
    }

    /// <inheritdoc/>
    public Task<string> CommandAsync(params string[] words) => _server.CommandAsync(words);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string[] ArgumentsIn(DirectoryInfo folder) =>
    [
        "--cluster-enabled", "yes",
        "--cluster-announce-ip", "127.0.0.1",
        "--dir", folder.FullName,
        "--cluster-port", FreePort.Next().ToString(CultureInfo.InvariantCulture),
    ];

    private static async Task<OneNodeCluster> FormAsync(RedisServer server, DirectoryInfo folder)
    {
        await server.CommandAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        while (!(await server.CommandAsync("CLUSTER", "INFO")).Contains("cluster_state:ok", StringComparison.Ordinal))
            await Task.Delay(5);
        return new OneNodeCluster(server, folder);
    }
}
