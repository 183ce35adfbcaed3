using System.Globalization;

namespace Weir.Testing;

/// <summary>A master, a replica, and three Sentinels that make the replica the master when the master is gone: all real processes.</summary>
public sealed class SentinelTrio : IAsyncDisposable
{
    /// <summary>What the Sentinels call what they watch over.</summary>
    public const string Service = "mymaster";

    private const int Quorum = 2;

    private readonly List<RedisServer> _servers = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("weir-sentinel-");

    private SentinelTrio()
    {
    }

    /// <summary>The server that was the master at first.</summary>
    public RedisServer First => _servers[0];

    /// <summary>The server that was its replica at first.</summary>
    public RedisServer Second => _servers[1];

    /// <summary>The Sentinels.</summary>
    public IReadOnlyList<RedisServer> Sentinels => _servers[2..];

    /// <summary>The Sentinels, and what they watch over, as a client is given them.</summary>
    public string Endpoints => $"{string.Join(',', Sentinels.Select(sentinel => sentinel.Endpoint))},serviceName={Service}";

    /// <summary>Starts all of them, and returns when each Sentinel knows the others and the replica.</summary>
    /// <param name="arguments">Further arguments of the two that are watched over.</param>
    public static async Task<SentinelTrio> StartAsync(params string[] arguments)
    {
        var trio = new SentinelTrio();
        try
        {
            await trio.FormAsync(arguments);
            return trio;
        }
        catch
        {
            await trio.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has a master believed to be down after a second without an answer. Until then half a minute is needed, so that a busy machine changes nothing by itself.</summary>
    public Task NoticeSoonAsync() => Task.WhenAll(Sentinels.Select(sentinel => sentinel.CommandAsync("SENTINEL", "SET", Service, "down-after-milliseconds", "1000")));

    /// <summary>Waits until all Sentinels say that a server is the master.</summary>
    public async Task UntilMasterIsAsync(RedisServer server)
    {
        foreach (var sentinel in Sentinels)
        {
            await Until.TrueAsync(
                async () => await sentinel.CommandAsync("SENTINEL", "GET-MASTER-ADDR-BY-NAME", Service) == $"127.0.0.1\n{server.Port}",
                () => $"the Sentinels did not make {server.Endpoint} the master");
        }

        await Until.TrueAsync(async () => (await server.CommandAsync("ROLE")).StartsWith("master", StringComparison.Ordinal), () => $"{server.Endpoint} did not become the master");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task FormAsync(string[] arguments)
    {
        _servers.Add(await TestRedis.StartProcessAsync(["--repl-diskless-sync-delay", "0", .. arguments]));
        string port = First.Port.ToString(CultureInfo.InvariantCulture);
        _servers.Add(await TestRedis.StartProcessAsync(["--replicaof", $"127.0.0.1 {port}", .. arguments]));
        // A Sentinel looks for replicas when it starts, and then not for ten seconds.
        await Until.TrueAsync(async () => (await First.CommandAsync("ROLE")).Contains("127.0.0.1", StringComparison.Ordinal), () => "the replica did not come");
        for (int i = 0; i < 3; i++)
            _servers.Add(await StartSentinelAsync($"sentinel{i}.conf", port, arguments));
        foreach (var sentinel in Sentinels)
            await Until.TrueAsync(() => KnowsAllAsync(sentinel), () => "the Sentinels did not find each other");
    }

    private async Task<RedisServer> StartSentinelAsync(string name, string port, string[] arguments)
    {
        string file = Path.Combine(_folder.FullName, name);
        int password = Array.IndexOf(arguments, "--requirepass") + 1;
        string[] lines =
        [
            $"dir {_folder.FullName}",
            $"sentinel monitor {Service} 127.0.0.1 {port} {Quorum}",
            $"sentinel failover-timeout {Service} 3000",
            .. password > 0 ? [$"sentinel auth-pass {Service} {arguments[password]}"] : Array.Empty<string>(),
        ];
        await File.WriteAllLinesAsync(file, lines);
        return await TestRedis.StartProcessAsync(file, "--sentinel");
    }

    private static async Task<bool> KnowsAllAsync(RedisServer sentinel)
    {
        string[] fields = (await sentinel.CommandAsync("SENTINEL", "MASTER", Service)).Split('\n');
        return Value(fields, "num-slaves") == "1" && Value(fields, "num-other-sentinels") == "2";
    }

    private static string Value(string[] fields, string name) => fields[Array.IndexOf(fields, name) + 1];
}
