using System.Net;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;
using Weir.Testing;

namespace Weir.Redis.Tests.Nodes;

/// <summary>A connection that was being opened while its address began to lead to another server is not used.</summary>
public sealed class MovedAddressTests : IAsyncDisposable
{
    private readonly ScriptedNode _server = new();
    private readonly NodeConnections _connections;
    private readonly Tunnel _tunnel;

    public MovedAddressTests()
    {
        var options = new RedisOptions { Endpoints = _server.EndPoint.ToString()! };
        var configuration = RedisConnection.Configure(options);
        configuration.ConnectTimeout = (int)Until.Patience.TotalMilliseconds;
        _connections = new NodeConnections(configuration, options, new PartitionCount(1));
        _tunnel = _connections.OfClient().Tunnel!;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("old", "new")]
    [InlineData("old", "newer")]
    [InlineData("new", "old")]
    public async Task A_connection_of_decisions_that_leads_to_the_server_before_is_opened_anew(string before, string now)
    {
        Node? node = null;
        string runId = before;
        node = new Node(
            _server.EndPoint,
            _ =>
            {
                var connection = NodeConnection.Open(_server.EndPoint, new ConfigurationOptions(), Until.Patience);
                connection.RunId = runId;
                // Another connection finds out while this one is being checked.
                if (runId == before)
                    node!.Follow(now);
                return connection;
            },
            TimeProvider.System);
        using (node)
        {
            await node.ConnectAsync();
            Assert.Null(node.Connection);
            Assert.IsType<EndOfStreamException>(node.Fault);

            runId = now;
            await Until.TrueAsync(
                async () =>
                {
                    await node.ConnectAsync();
                    return node.Connection?.RunId == now;
                },
                () => "it is not opened anew");
        }
    }

    [Theory]
    [InlineData("new")]
    [InlineData(null)]
    public async Task A_connection_of_decisions_that_leads_to_the_new_server_is_used(string? runId)
    {
        Node? node = null;
        node = new Node(
            _server.EndPoint,
            _ =>
            {
                var connection = NodeConnection.Open(_server.EndPoint, new ConfigurationOptions(), Until.Patience);
                connection.RunId = runId;
                if (runId is not null)
                    node!.Follow(runId);
                return connection;
            },
            TimeProvider.System);
        using (node)
        {
            await node.ConnectAsync();
            Assert.NotNull(node.Connection);
        }
    }

    [Fact]
    public async Task A_connection_of_the_general_client_that_leads_to_the_server_before_is_closed()
    {
        await using (await OpenAsync("old"))
        {
            var held = _server.Hold("old");
            var late = OpenAsync();
            await held.Asked;
            await using (await OpenAsync("new"))
            {
                held.Release();
                await Assert.ThrowsAsync<EndOfStreamException>(() => late);
            }
        }
    }

    [Fact]
    public async Task Connections_of_a_proxy_in_front_of_known_servers_are_all_used()
    {
        var streams = new List<Stream>();
        foreach (string runId in (string[])["a", "b", "a", "b", "b", "a"])
            streams.Add(await OpenAsync(runId));

        // The first one was closed when the second server was new; those after it stay.
        Assert.Equal([false, true, true, true, true, true], streams.Select(stream => stream.CanRead));
        foreach (var stream in streams)
            await stream.DisposeAsync();
    }

    private Task<Stream> OpenAsync(string runId)
    {
        _server.RunId = runId;
        return OpenAsync();
    }

    private async Task<Stream> OpenAsync() => (await _tunnel.BeforeAuthenticateAsync(_server.EndPoint, ConnectionType.Interactive, null, CancellationToken.None))!;

    /// <summary>A server that says what it is, when the test wants it to.</summary>
    private sealed class ScriptedNode : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly List<TcpClient> _accepted = [];
        private readonly Task _accepting;
        private volatile Held? _held;

        public ScriptedNode()
        {
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public EndPoint EndPoint => _listener.LocalEndpoint;

        public string RunId { get; set; } = "";

        /// <summary>Has the next connection wait for what it asks.</summary>
        public Held Hold(string runId) => _held = new Held(runId);

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _accepted.ForEach(client => client.Dispose());
        }

        private async Task AcceptAsync()
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _accepted.Add(client);
                _ = AnswerAsync(client.GetStream());
            }
        }

        private async Task AnswerAsync(NetworkStream stream)
        {
            byte[] buffer = new byte[1_024];
            while (await stream.ReadAsync(buffer) is > 0 and var count)
            {
                string reply = "+OK\r\n";
                if (Encoding.ASCII.GetString(buffer, 0, count).Contains("INFO", StringComparison.Ordinal))
                    reply = await InfoAsync();
                await stream.WriteAsync(Encoding.ASCII.GetBytes(reply));
            }
        }

        private async Task<string> InfoAsync()
        {
            string runId = RunId;
            if (Interlocked.Exchange(ref _held, null) is { } held)
                runId = await held.WaitAsync();
            string info = $"redis_version:7.0.0\r\nrole:master\r\nrun_id:{runId}\r\n";
            return $"${info.Length}\r\n{info}\r\n";
        }
    }

    private sealed class Held(string runId)
    {
        private readonly TaskCompletionSource _asked = new(), _released = new();

        public Task Asked => _asked.Task;

        public void Release() => _released.SetResult();

        public async Task<string> WaitAsync()
        {
            _asked.SetResult();
            await _released.Task;
            return runId;
        }
    }
}
