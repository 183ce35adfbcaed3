using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Weir.Cli.Processes;

/// <summary>A redis-server on loopback without persistence, so that a restarted server is empty.</summary>
internal sealed class ChildRedis : IDisposable
{
    private static readonly TimeSpan StartWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    private readonly string _program;
    private ChildProcess? _process;

    private ChildRedis(string program, int port)
    {
        _program = program;
        Port = port;
    }

    public int Port { get; }

    public string Endpoint => $"127.0.0.1:{Port}";

    public static async Task<ChildRedis> StartAsync(string program, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            var redis = new ChildRedis(program, FreePort.Next());
            try
            {
                await redis.StartAgainAsync(cancellation).ConfigureAwait(false);
                return redis;
            }
            catch (ChildException) when (attempt < ChildException.Attempts)
            {
                redis.Dispose();
            }
            catch
            {
                redis.Dispose();
                throw;
            }
        }
    }

    /// <summary>Kills Redis by SIGKILL, as in a crash.</summary>
    public void Kill() => _process?.Stop();

    public async Task StartAgainAsync(CancellationToken cancellation)
    {
        _process?.Dispose();
        var start = new ProcessStartInfo(_program) { WorkingDirectory = Path.GetTempPath() };
        foreach (string argument in (string[])["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"])
            start.ArgumentList.Add(argument);
        _process = ChildProcess.Start(start);
        var deadline = Stopwatch.StartNew();
        while (!await AnswersAsync(cancellation).ConfigureAwait(false))
        {
            if (_process.HasExited || deadline.Elapsed > StartWait)
                throw new ChildException($"{_program} did not start on port {Port}. Its last lines:", await _process.LastLinesAsync().ConfigureAwait(false));
            await Task.Delay(Poll, cancellation).ConfigureAwait(false);
        }
    }

    public void Dispose() => _process?.Dispose();

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bound.CancelAfter(TimeSpan.FromSeconds(1));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port), bound.Token).ConfigureAwait(false);
            await socket.SendAsync("PING\r\n"u8.ToArray(), bound.Token).ConfigureAwait(false);
            byte[] answer = new byte[64];
            int read = await socket.ReceiveAsync(answer, bound.Token).ConfigureAwait(false);
            return answer.AsSpan(0, read).StartsWith("+PONG"u8);
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return false;
        }
    }
}
