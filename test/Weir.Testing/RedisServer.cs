using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Weir.Testing;

/// <summary>
/// A real <c>redis-server</c> (or <c>valkey-server</c>) process under the test's control: its own loopback port, nothing on disk, and every
/// fault a process can have.
/// </summary>
public sealed class RedisServer : ITestRedis
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private static readonly string? Program = FindProgram();

    private readonly string[] _arguments;
    private string[] _inForce;
    private KeptProcess _process;

    private RedisServer(int port, string[] arguments)
    {
        Port = port;
        _arguments = _inForce = arguments;
        _process = Launch(port, arguments);
    }

    /// <summary>Whether this machine has a <c>redis-server</c> or a <c>valkey-server</c> on its PATH.</summary>
    public static bool IsAvailable => Program is not null;

    /// <inheritdoc/>
    public int Port { get; }

    /// <inheritdoc/>
    public string Endpoint => $"127.0.0.1:{Port}";

    /// <summary>The process id of the server that was started last.</summary>
    public int ProcessId => _process.Id;

    /// <summary>
    /// Starts a server on a free port and returns when it answers. <paramref name="arguments"/> are appended to the command line, for
    /// example <c>--requirepass</c>, <c>secret</c>, or <c>--maxmemory</c>, <c>1mb</c>.
    /// </summary>
    public static async Task<RedisServer> StartAsync(params string[] arguments)
    {
        for (var attempt = 1; ; attempt++)
        {
            var server = new RedisServer(FreePort.Next(), arguments);
            try
            {
                await server.WaitUntilReadyAsync();
                return server;
            }
            catch (Exception error)
            {
                server.Kill();
                if (attempt == 3 || error is not PortTakenException)
                    throw;
            }
        }
    }

    /// <summary>Kills the server (SIGKILL) and returns when it is gone. A killed server may be restarted.</summary>
    public void Kill() => _process.Dispose();

    /// <summary>Stops the server where it stands (SIGSTOP): connections stay open, nothing answers.</summary>
    public void Pause() => _process.Pause();

    /// <summary>Lets a paused server go on (SIGCONT).</summary>
    public void Resume() => _process.Resume();

    /// <summary>
    /// Kills the server if it runs and starts it again on the same port with an empty memory, with the arguments it was first given
    /// followed by <paramref name="extra"/>.
    /// </summary>
    public async Task RestartAsync(params string[] extra)
    {
        Kill();
        _inForce = [.. _arguments, .. extra];
        _process = Launch(Port, _inForce);
        await WaitUntilReadyAsync();
    }

    /// <inheritdoc/>
    public Task<string> CommandAsync(params string[] words) => RespCommand.SendAsync(Port, Password, words);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Kill();
        return ValueTask.CompletedTask;
    }

    private string? Password
    {
        get
        {
            var option = Array.LastIndexOf(_inForce, "--requirepass");
            return option < 0 ? null : _inForce[option + 1];
        }
    }

    private static KeptProcess Launch(int port, string[] arguments)
    {
        if (Program is null)
            throw new InvalidOperationException("There is no redis-server and no valkey-server on the PATH.");
        return KeptProcess.Start(
            Program,
            [
                "--port", port.ToString(CultureInfo.InvariantCulture),
                "--bind", "127.0.0.1",
                "--protected-mode", "yes",
                "--save", "",
                "--appendonly", "no",
                .. arguments,
            ]);
    }

    private async Task WaitUntilReadyAsync()
    {
        var waited = Stopwatch.StartNew();
        while (!await AnswersAsync())
        {
            if (_process.HasEnded)
                throw Failed(_process.Output);
            if (waited.Elapsed > Deadline)
                throw new TimeoutException($"redis-server did not answer within {Deadline.TotalSeconds} s. It wrote:\n{_process.Output}");
            await Task.Delay(5);
        }
    }

    /// <summary>Whether the server that answers on the port is the one started here, and not a stranger who was faster.</summary>
    private async Task<bool> AnswersAsync()
    {
        try
        {
            var information = await CommandAsync("INFO", "server");
            return information.Contains($"process_id:{_process.Id}\r", StringComparison.Ordinal);
        }
        catch (Exception error) when (error is SocketException or IOException or RedisErrorException)
        {
            return false;
        }
    }

    private static Exception Failed(string output) => output.Contains("Address already in use", StringComparison.Ordinal)
        ? new PortTakenException(output)
        : new InvalidOperationException($"redis-server ended at once. It wrote:\n{output}");

    private static string? FindProgram()
    {
        if (OperatingSystem.IsWindows())
            return null;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return (from name in (string[])["redis-server", "valkey-server"]
                from folder in folders
                let path = Path.Combine(folder, name)
                where File.Exists(path)
                select path).FirstOrDefault();
    }

    private sealed class PortTakenException(string output) : Exception(output);
}
