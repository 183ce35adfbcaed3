using StackExchange.Redis;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Resp;

/// <summary>Clients that others wrote.</summary>
public sealed class RespPeersTests : IAsyncLifetime
{
    private RunningServer _server = null!;

    private string Port => $"{RespClient.PortOf(_server)}";

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync("Weir:Resp:Listen=127.0.0.1:0");

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("-2")]
    [InlineData("-3")]
    public async Task Redis_cli_prints_a_decision(string protocol)
    {
        Assert.Equal("0\n16\n15\n-1\n2\n", await Peer.RunAsync("redis-cli", protocol, "-p", Port, "CL.THROTTLE", $"k{protocol}", "15", "30", "60"));
        Assert.Contains("remaining", await Peer.RunAsync("redis-cli", protocol, "-p", Port, "WEIR.TAKE", "acme", $"k{protocol}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redis_benchmark_gets_an_answer_to_every_command()
    {
        string output = await Peer.RunAsync(
            "redis-benchmark", "-p", Port, "-q", "-P", "64", "-c", "20", "-n", "20000", "-r", "1000", "CL.THROTTLE", "key:__rand_int__", "15", "30", "60");
        Assert.Contains("requests per second", output, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", output, StringComparison.Ordinal);
        var metrics = await _server.Http.GetAsync("/metrics");
        Assert.Contains("plan=\"~cl.throttle\"", metrics.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task StackExchange_Redis_takes(string protocol)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{Port},protocol={protocol},name=test");
        var database = redis.GetDatabase();
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => database.ExecuteAsync("CL.THROTTLE", "many" + protocol, 9, 1, 60)));
        Assert.Equal(10, answers.Count(answer => (int)answer[0] == 0));
        Assert.Equal("per-key", (string?)(await database.ExecuteAsync("WEIR.TAKE", "acme", "k")).ToDictionary()["limit"]);
        Assert.True((await database.PingAsync()) > TimeSpan.Zero);
    }

    [Fact]
    public async Task Ioredis_and_node_redis_take()
    {
        using var folder = new TemporaryFolder();
        string script = folder.Write("take.js",
            """
            const Redis = require('ioredis');
            const { createClient } = require('redis');
            (async () => {
              const port = Number(process.argv[2]);
              const one = new Redis(port, '127.0.0.1', { connectionName: 'one' });
              const many = await Promise.all(Array.from({ length: 100 }, () => one.call('CL.THROTTLE', 'io', 9, 1, 60)));
              console.log(many.filter(answer => answer[0] === 0).length);
              one.disconnect();
              for (const RESP of [2, 3]) {
                const two = await createClient({ url: 'redis://127.0.0.1:' + port, RESP }).connect();
                console.log((await two.sendCommand(['CL.THROTTLE', 'node' + RESP, '15', '30', '60'])).join(' '));
                two.destroy();
              }
            })().catch(error => { console.log(error); process.exit(1); });
            """);
        await Peer.InstallAsync(folder.Path, "ioredis", "redis");
        Assert.Equal("10\n0 16 15 -1 2\n0 16 15 -1 2\n", await Peer.RunAsync("node", script, Port));
    }

    [Fact]
    public async Task Redis_py_takes()
    {
        const string Script =
            """
            import redis, sys
            r = redis.Redis(port=int(sys.argv[1]), client_name='py')
            print(*r.execute_command('CL.THROTTLE', 'py', 15, 30, 60), r.ping(), r.client_getname())
            """;
        if ((await Peer.TryRunAsync("/usr/bin/python3", "-c", "import redis")).Code != 0)
            throw new SkippedException("This test needs redis-py: install the package python3-redis.");
        Assert.Equal("0 16 15 -1 2 True py\n", await Peer.RunAsync("/usr/bin/python3", "-c", Script, Port));
    }
}
