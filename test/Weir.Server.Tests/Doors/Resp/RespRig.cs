using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Resp;

/// <summary>
/// One connection of the RESP door over pipes in memory, with a clock that stands. Everything happens on the caller's
/// thread, so that a reply is there when a command has been sent.
/// </summary>
internal sealed class RespRig : IDisposable
{
    private const string Policies =
        """
        defaultPlan: free
        plans:
          free: { limits: { per-key: { by: [key], rate: 5/s, burst: 2x } } }
          paths: { limits: { per-key: { by: [key], rate: 5/s, burst: 2x }, cl.throttle: { by: [path], rate: 1/s, burst: 1x } } }
        tenants: { paths: { plan: paths } }
        """;

    private static readonly PipeOptions Inline = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);

    private readonly Pipe _toServer = new(Inline);
    private readonly Pipe _toClient = new(Inline);
    private readonly Accepted _connection = new();
    private readonly FailedLogins _failures;
    private readonly RespConnections _connections;

    /// <param name="keys">The API keys; null to let anybody ask.</param>
    public RespRig(params ApiKey[]? keys)
    {
        Keys = new ApiKeys(keys ?? [], Time);
        Keys.Apply(new LiveRead(new LiveVersion("test", 1), [], true));
        var limiter = new RateLimiter(PolicyDocument.Parse(Policies, "test"), Some.Memory(Time), Time);
        var log = new DecisionLog(
            new WeirOptions(), new ShownKeys(limiter.NameOf), Time, NullLogger<DecisionLog>.Instance);
        var decider = new Decider(limiter, new DecisionTelemetry(new DecisionMetrics(), log), Time);
        _failures = new FailedLogins(Time, NullLogger<FailedLogins>.Instance);
        _connections = new RespConnections(Time);
        var login = new RespLogin(new AccessRule(keys is null or [], false), Keys, _failures);
        var texts = new TextCache(RespBounds.MaxTexts);
        var commands = new RespCommands(
            login, new ThrottleCommand(decider, new PlansOfRequests(ThrottleCommand.PlanName, new NewRates(Time)), texts),
            new WeirCommands(decider, new WeirArguments(texts)), new SessionCommands(login),
            new ServerCommands(_connections, Time));
        var bounded = new BoundedConnection(_connection, new ConnectionBound(1, Time), new RespEndPoint(System.Net.IPAddress.Loopback, 0));
        bounded.Transport = new Transport(_toServer.Reader, _toClient.Writer);
        Bounded = bounded;
        Running = new RespConnectionHandler(new RespServices(commands, login, Draining, Time), _connections, decider)
            .OnConnectedAsync(bounded);
    }

    public FakeTimeProvider Time { get; } = Some.Clock();

    public Draining Draining { get; } = new();

    public ApiKeys Keys { get; }

    /// <summary>The connection as Kestrel knows it: to be disposed by the test in its place.</summary>
    public BoundedConnection Bounded { get; }

    /// <summary>The number of connections whose timeouts are checked.</summary>
    public int Open => _connections.Count;

    /// <summary>Ends when the server ends the connection.</summary>
    public Task Running { get; }

    /// <summary>True once the server has dropped the connection.</summary>
    public bool IsAborted => _connection.IsAborted;

    /// <summary>Bytes of replies that the client has not read.</summary>
    public long Unread
    {
        get
        {
            if (!_toClient.Reader.TryRead(out var read))
                return 0;
            long length = read.Buffer.Length;
            _toClient.Reader.AdvanceTo(read.Buffer.Start);
            return length;
        }
    }

    /// <summary>Spells a command as clients do.</summary>
    public static string Spell(params string[] words) => $"*{words.Length}\r\n"
        + string.Concat(words.Select(word => $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n"));

    /// <summary>Sends a command and returns its reply.</summary>
    public string Call(params string[] words) => Send(Spell(words));

    /// <summary>Sends a command and returns the integers of its reply.</summary>
    public long[] Throttle(string key, params long[] numbers) =>
        [.. Call(["CL.THROTTLE", key, .. numbers.Select(number => $"{number}")]).Split("\r\n")[1..^1]
            .Select(line => long.Parse(line[1..]))];

    /// <summary>Sends bytes and returns the replies that are there then.</summary>
    public string Send(string text)
    {
        Send(Encoding.UTF8.GetBytes(text));
        return Read();
    }

    /// <summary>Sends bytes and leaves the replies unread.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_toServer.Writer.GetSpan(bytes.Length));
        _toServer.Writer.Advance(bytes.Length);
        // Whether the server takes more is asserted elsewhere; the test goes on.
        _ = _toServer.Writer.FlushAsync().IsCompleted;
    }

    /// <summary>Returns the replies that are there.</summary>
    public string Read()
    {
        if (!_toClient.Reader.TryRead(out var read))
            return "";
        string text = Encoding.UTF8.GetString(read.Buffer);
        _toClient.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }

    /// <summary>Drops the replies that are there.</summary>
    public void Skip()
    {
        if (_toClient.Reader.TryRead(out var read))
            _toClient.Reader.AdvanceTo(read.Buffer.End);
    }

    public void Dispose()
    {
        _connections.Dispose();
        _failures.Dispose();
    }

    /// <summary>Says that no more bytes will come.</summary>
    public void EndSending() => _toServer.Writer.Complete();

    private sealed class Accepted : DefaultConnectionContext
    {
        public bool IsAborted { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
