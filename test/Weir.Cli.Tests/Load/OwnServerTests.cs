using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Weir.Cli.Load;
using Weir.Cli.Processes;

namespace Weir.Cli.Tests;

/// <summary>The tool with the real server and a real Redis, both of its own.</summary>
public sealed class OwnServerTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_outage_costs_no_request_and_redis_decides_again()
    {
        var surroundings = new Surroundings(Server(), RealRedis.Program());

        var run = await ToolRun.OfAsync(surroundings, "load", "--outage", "--users", "10", "--pace", "5ms", "--duration", "6s", "--warmup", "1s", "--json");

        Assert.True(run.ExitCode == ExitCode.Ok, run.Error + run.Output);
        using var json = JsonDocument.Parse(run.Output);
        var scenario = json.RootElement.GetProperty("scenarios")[0];
        var outage = scenario.GetProperty("outage");
        Assert.Equal("redis", json.RootElement.GetProperty("store").GetString());
        Assert.Equal(JsonValueKind.Number, outage.GetProperty("memoryAfterKillMs").ValueKind);
        Assert.Equal(JsonValueKind.Number, outage.GetProperty("redisAfterRestartMs").ValueKind);
        Assert.InRange(outage.GetProperty("killedAtMs").GetDouble(), 2_300, 3_500);
        Assert.True(scenario.GetProperty("source").GetProperty("redis").GetInt64() > 0);
        Assert.True(scenario.GetProperty("source").GetProperty("memory").GetInt64() > 0);
        Assert.False(await ListensAsync(new Uri(json.RootElement.GetProperty("url").GetString()!).Port));
    }

    [Fact]
    public async Task Without_a_redis_the_table_is_in_memory_and_leaves_the_outage_out_and_says_so()
    {
        var surroundings = new Surroundings(Server(), RedisProgram: null);

        var run = await ToolRun.OfAsync(surroundings, "load", "--duration", "200ms", "--warmup", "0s");

        Assert.True(run.ExitCode == ExitCode.Ok, run.Error + run.Output);
        Assert.Contains("│ steady", run.Output, StringComparison.Ordinal);
        Assert.Contains("│ spike", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("│ outage", run.Output, StringComparison.Ordinal);
        Assert.Contains("buckets are in memory, and the outage is left out", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tools_own_server_asks_for_no_key_also_where_the_callers_does()
    {
        var start = new ProcessStartInfo(ServerFiles.Dotnet()) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[typeof(Tool).Assembly.Location, "load", "--users", "2", "--duration", "200ms", "--warmup", "0s", "--json"])
            start.ArgumentList.Add(argument);
        Server();
        start.Environment["Weir__Auth__AllowAnonymous"] = "false";
        start.Environment["Weir__Auth__AdminKey"] = "0123456789abcdef0123456789abcdef";
        start.Environment["WEIR_KEY"] = new string('w', 32);
        using var tool = Process.Start(start)!;
        var output = tool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string errors = await tool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await tool.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);

        Assert.True(tool.ExitCode == ExitCode.Ok, errors + await output);
    }

    [Fact]
    public async Task Without_a_redis_an_outage_is_refused_with_the_cure()
    {
        var run = await ToolRun.OfAsync(new Surroundings(Server(), RedisProgram: null), "load", "--outage");

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("neither redis-server nor valkey-server is on the PATH. Install one", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-KILL")]
    [InlineData("-TERM")]
    public async Task A_tool_that_is_stopped_leaves_no_server_behind(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are a Unix matter.");
        var start = new ProcessStartInfo(ServerFiles.Dotnet()) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[typeof(Tool).Assembly.Location, "load", "--users", "2", "--pace", "50ms", "--duration", "60s"])
            start.ArgumentList.Add(argument);
        Server();
        using var tool = Process.Start(start)!;
        int port = await PortOfItsServerAsync(tool);
        Assert.True(await ListensAsync(port));

        using (var kill = Process.Start("kill", [signal, tool.Id.ToString()]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await tool.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);

        for (var waited = Stopwatch.StartNew(); await ListensAsync(port); await Task.Delay(20, TestContext.Current.CancellationToken))
            Assert.True(waited.Elapsed < Deadline, "The server still listens.");
    }

    private static string Server()
    {
        string? server = ServerFiles.FindServer(AppContext.BaseDirectory);
        Assert.True(server is not null, "The build puts the server beside the tests, as it does beside the tool.");
        return server;
    }

    private static async Task<int> PortOfItsServerAsync(Process tool)
    {
        const string Before = "A Weir server of its own at ";
        while (await tool.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith(Before, StringComparison.Ordinal))
                return new Uri(line[Before.Length..line.IndexOf(',', StringComparison.Ordinal)]).Port;
        }

        throw new InvalidOperationException("The tool ended: " + await tool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<bool> ListensAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
