using System.Net;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;

namespace Weir.Redis.Tests.Wire;

/// <summary>A connection to a node, against a server that sends bytes as the test wants them.</summary>
public sealed class NodeConnectionTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    /// <summary>Held, or the garbage collector would close it.</summary>
    private TcpClient? _accepted;

    public NodeConnectionTests() => _listener.Start();

    public void Dispose()
    {
        _listener.Dispose();
        _accepted?.Dispose();
    }

    [Theory]
    [InlineData("$5\r\nhello\r\n", "hello")]
    [InlineData("$0\r\n\r\n", "")]
    [InlineData("$-1\r\n", "")]
    [InlineData("+OK\r\n", "OK")]
    [InlineData(":42\r\n", "42")]
    [InlineData("$4\r\n\r\n\r\n\r\n", "\r\n\r\n")]
    public async Task A_reply_is_read_however_its_bytes_are_cut(string reply, string text)
    {
        for (int cut = 1; cut <= reply.Length; cut++)
        {
            using var connection = await OpenAsync(reply.Chunk(cut).Select(some => new string(some)));
            Assert.Equal(text, Encoding.UTF8.GetString(connection.Read()));
        }
    }

    [Fact]
    public async Task Replies_that_arrive_together_are_read_one_after_the_other()
    {
        using var connection = await OpenAsync(["$1\r\na\r\n-ERR no\r\n$2\r\nbc\r\n"]);
        Assert.Equal("a", Encoding.UTF8.GetString(connection.Read()));
        Assert.Equal("ERR no", Assert.Throws<RedisServerException>(() => connection.Read().Length).Message);
        Assert.True(connection.HasArrived);
        Assert.Equal("bc", Encoding.UTF8.GetString(connection.Read()));
        Assert.False(connection.HasArrived);
    }

    [Fact]
    public async Task A_reply_that_is_longer_than_the_buffer_is_read_whole()
    {
        string text = string.Concat(Enumerable.Range(0, 100_000).Select(i => (char)('a' + (i % 26))));
        using var connection = await OpenAsync(["+first\r\n", $"${text.Length}\r\n{text}\r\n", "+last\r\n"]);
        Assert.Equal("first", Encoding.UTF8.GetString(connection.Read()));
        Assert.Equal(text, Encoding.UTF8.GetString(connection.Read()));
        Assert.Equal("last", Encoding.UTF8.GetString(connection.Read()));
    }

    [Theory]
    [InlineData("*1\r\n$1\r\na\r\n")]
    [InlineData("\r\n")]
    [InlineData("$x\r\n")]
    [InlineData("$5 \r\nhello\r\n")]
    [InlineData("$2000000\r\n")]
    public async Task What_is_no_reply_to_a_script_is_an_error(string reply)
    {
        using var connection = await OpenAsync([reply]);
        Assert.Throws<InvalidDataException>(() => connection.Read().Length);
    }

    [Fact]
    public async Task A_line_without_an_end_is_an_error_at_the_bound()
    {
        using var connection = await OpenAsync(Enumerable.Repeat(new string('x', 65_536), 40));
        Assert.Throws<InvalidDataException>(() => connection.Read().Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("$5\r\nhel")]
    public async Task A_connection_that_is_closed_in_the_middle_is_an_error(string reply)
    {
        using var connection = await OpenAsync([reply], close: true);
        Assert.ThrowsAny<IOException>(() => connection.Read().Length);
    }

    [Fact]
    public async Task A_server_that_never_replies_is_waited_for_no_longer_than_the_patience()
    {
        using var connection = await OpenAsync([], TimeSpan.FromMilliseconds(50));
        Assert.Equal("TimedOut", RedisFaults.Explain(Assert.ThrowsAny<IOException>(() => connection.Read().Length)));
    }

    [Fact]
    public void A_server_that_accepts_nobody_is_given_up_after_the_patience()
    {
        using var full = new Socket(SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        // Linux lets one more wait than it is told, and drops the rest.
        using var waiting = NodeConnection.Open(full.LocalEndPoint!, new ConfigurationOptions(), Patience);

        var fault = Assert.Throws<SocketException>(() => NodeConnection.Open(full.LocalEndPoint!, new ConfigurationOptions(), TimeSpan.FromMilliseconds(100)));

        Assert.Equal(("TimedOut", StoreFault.Late), (RedisFaults.Explain(fault), RedisFaults.Classify(fault)));
    }

    [Fact]
    public async Task A_call_is_written_as_RESP()
    {
        var call = new ScriptCall(RedisScript.Buckets);
        call.AddKey("weir:{a}:b"u8);
        call.Add(new byte[] { 0, 13, 10 });
        var accepting = _listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken).AsTask();
        using var connection = NodeConnection.Open(_listener.LocalEndpoint, new ConfigurationOptions(), Patience);
        connection.Write(call, withText: false, asking: true);
        connection.Flush();
        using var server = await accepting;

        string digest = Encoding.ASCII.GetString(RedisScript.Buckets.Digest.Span);
        byte[] expected = Encoding.ASCII.GetBytes($"*1\r\n$6\r\nASKING\r\n*5\r\n$7\r\nEVALSHA\r\n$40\r\n{digest}\r\n$1\r\n1\r\n$10\r\nweir:{{a}}:b\r\n$3\r\n\0\r\n\r\n");
        byte[] sent = new byte[expected.Length];
        await server.GetStream().ReadExactlyAsync(sent, TestContext.Current.CancellationToken);
        Assert.Equal(expected, sent);
    }

    [Fact]
    public async Task A_stream_that_is_handed_over_waits_without_a_timeout()
    {
        using var connection = await OpenAsync([], TimeSpan.FromMilliseconds(50));
        var stream = connection.HandOver();
        Assert.Equal((Timeout.Infinite, Timeout.Infinite), (stream.ReadTimeout, stream.WriteTimeout));
    }

    [Theory]
    [InlineData("MOVED 3999 10.0.0.1:6381", 3999, "10.0.0.1:6381")]
    [InlineData("ASK 16383 ::1:6381", 16383, "[::1]:6381")]
    [InlineData("MOVED 0 :6381", 0, "127.0.0.1:6381")]
    [InlineData("MOVED 7 redis.example:6381", 7, "Unspecified/redis.example:6381")]
    public void A_redirection_names_slot_and_node(string message, int slot, string node)
    {
        Assert.True(RespErrors.TryReadTarget(RespErrors.Read(Encoding.UTF8.GetBytes(message)), new IPEndPoint(IPAddress.Loopback, 1), out int read, out var target));
        Assert.Equal((slot, node), (read, target.ToString()));
    }

    [Theory]
    [InlineData("MOVED")]
    [InlineData("MOVED 1")]
    [InlineData("MOVED 16384 10.0.0.1:6381")]
    [InlineData("MOVED -1 10.0.0.1:6381")]
    [InlineData("MOVED x 10.0.0.1:6381")]
    [InlineData("MOVED 1 10.0.0.1")]
    [InlineData("MOVED 1 10.0.0.1:70000")]
    public void A_redirection_that_cannot_be_read_names_none(string message) =>
        Assert.False(RespErrors.TryReadTarget(RespErrors.Read(Encoding.UTF8.GetBytes(message)), new IPEndPoint(IPAddress.Loopback, 1), out _, out _));

    /// <summary>Connects to the server, which then sends these pieces.</summary>
    private async Task<NodeConnection> OpenAsync(IEnumerable<string> pieces, TimeSpan? patience = null, bool close = false)
    {
        var accepting = _listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken).AsTask();
        var connection = NodeConnection.Open(_listener.LocalEndpoint, new ConfigurationOptions(), patience ?? Patience);
        var server = _accepted = await accepting;
        server.NoDelay = true;
        _ = Task.Run(async () =>
        {
            try
            {
                foreach (string piece in pieces)
                    await server.GetStream().WriteAsync(Encoding.UTF8.GetBytes(piece));
                if (close)
                    server.Close();
            }
            catch (IOException)
            {
                // The test has seen enough.
            }
        });
        return connection;
    }
}
