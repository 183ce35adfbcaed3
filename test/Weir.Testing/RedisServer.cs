using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Weir.Testing;

/// <summary>
/// A real <c>redis-server</c> (or <c>valkey-server</c>) process under the test's control: its own loopback port, nothing on disk, and every
/// fault a process can have.
/// </summary>
public sealed class RedisServer : ITestRedis
{
    private static readonly string? Program = FindProgram();

    private readonly string[] _arguments;
    private readonly TestCertificates? _tls;
    private string[] _inForce;
    private KeptProcess _process;

    private RedisServer(int port, string[] arguments, TestCertificates? tls)
    {
        Port = port;
        _tls = tls;
        _arguments = _inForce = arguments;
        _process = Launch();
    }

    /// <summary>Names the program that tests start as their Redis; without it, the PATH is searched.</summary>
    public const string ProgramVariable = "WEIR_TEST_REDIS_SERVER";

    /// <summary>Whether this machine has a <c>redis-server</c> or a <c>valkey-server</c> on its PATH, or another is named.</summary>
    public static bool IsAvailable => Program is not null;

    /// <inheritdoc/>
    public int Port { get; }

    /// <inheritdoc/>
    public string Endpoint => $"127.0.0.1:{Port}";

    /// <summary>The process id of the server that was started last.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Whether it runs, be it paused.</summary>
    public bool IsRunning => !_process.HasEnded;

    /// <summary>
    /// Starts a server on a free port and returns when it answers. <paramref name="arguments"/> are appended to the command line, for
    /// example <c>--requirepass</c>, <c>secret</c>, or <c>--maxmemory</c>, <c>1mb</c>.
    /// </summary>
    public static Task<RedisServer> StartAsync(params string[] arguments) => StartAsync(arguments, null);

    /// <summary>
    /// Starts a server that speaks nothing but TLS, and shows a certificate of <paramref name="tls"/>. Whether it wants one of its clients is
    /// up to the argument <c>--tls-auth-clients</c>; it does by default.
    /// </summary>
    public static Task<RedisServer> StartTlsAsync(TestCertificates tls, params string[] arguments) => StartAsync(arguments, tls);

    private static async Task<RedisServer> StartAsync(string[] arguments, TestCertificates? tls)
    {
        for (var attempt = 1; ; attempt++)
        {
            var server = new RedisServer(FreePort.Next(), arguments, tls);
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
        _process = Launch();
        await WaitUntilReadyAsync();
    }

    /// <inheritdoc/>
    public Task<string> CommandAsync(params string[] words) => RespCommand.SendAsync(Port, Password, _tls, words);

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

    /// <remarks>A configuration file has to come first; what a Sentinel remembers is in one.</remarks>
    private KeptProcess Launch()
    {
        if (Program is null)
            throw new InvalidOperationException($"There is no redis-server and no valkey-server on the PATH, and {ProgramVariable} names none.");
        string port = Port.ToString(CultureInfo.InvariantCulture);
        string[] file = _inForce is [['/', ..], ..] ? [_inForce[0]] : [];
        string[] ports = _tls is null ? ["--port", port] : ["--port", "0", "--tls-port", port, .. _tls.ServerArguments];
        return KeptProcess.Start(
            Program,
            [
                .. file,
                .. ports,
                "--bind", "127.0.0.1",
                "--protected-mode", "yes",
                "--save", "",
                "--appendonly", "no",
                .. _inForce[file.Length..],
            ]);
    }

    private async Task WaitUntilReadyAsync()
    {
        var waited = Stopwatch.StartNew();
        while (!await AnswersAsync())
        {
            if (_process.HasEnded)
                throw Failed(_process.Output);
            if (waited.Elapsed > Until.Patience)
                throw new TimeoutException($"redis-server did not answer within {Until.Patience.TotalSeconds} s. It wrote:\n{_process.Output}");
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
        catch (Exception error) when (error is SocketException or IOException or AuthenticationException or RedisErrorException)
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
        if (Environment.GetEnvironmentVariable(ProgramVariable) is { Length: > 0 } named)
            return named;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return (from name in (string[])["redis-server", "valkey-server"]
                from folder in folders
                let path = Path.Combine(folder, name)
                where File.Exists(path)
                select path).FirstOrDefault();
    }

    private sealed class PortTakenException(string output) : Exception(output);
}
