using System.Globalization;
using Server = Garnet.GarnetServer;

namespace Weir.Testing;

/// <summary>
/// Microsoft Garnet in this process: the stand-in for machines without a redis-server. It speaks the protocol and runs Lua, but it has
/// no process of its own to kill or pause.
/// </summary>
public sealed class GarnetServer : ITestRedis
{
    /// <summary>What Weir needs of a Garnet, as <c>docs/redis.md</c> says. Without the second, scripts of several connections run side by side.</summary>
    public static readonly string[] Options = ["--lua", "true", "--lua-transaction-mode", "true"];

    private readonly Server _server;

    private GarnetServer(Server server, int port)
    {
        _server = server;
        Port = port;
    }

    /// <inheritdoc/>
    public int Port { get; }

    /// <inheritdoc/>
    public string Endpoint => $"127.0.0.1:{Port}";

    /// <summary>Starts a server on a free port, in memory only, and returns when it listens.</summary>
    public static Task<GarnetServer> StartAsync() => StartAsync(Options);

    /// <summary>As <see cref="StartAsync()"/>, with other options than Weir needs.</summary>
    public static Task<GarnetServer> StartAsync(string[] options) => Task.Run(() =>
    {
        var port = FreePort.Next();
        var server = new Server(
        [
            "--bind", "127.0.0.1",
            "--port", port.ToString(CultureInfo.InvariantCulture),
            // Beyond this, a Garnet on a slow machine evicts what a test has just written. It is not reserved.
            "--memory", "1g",
            "--index", "8m",
            "-q", "true",
            "--logger-level", "Error",
            .. options,
        ]);
        server.Start();
        return new GarnetServer(server, port);
    });

    /// <inheritdoc/>
    public Task<string> CommandAsync(params string[] words) => RespCommand.SendAsync(Port, password: null, tls: null, words);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }
}
