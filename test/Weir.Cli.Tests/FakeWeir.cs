using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Weir.Cli.Tests;

/// <summary>What the fake says to one request.</summary>
internal sealed record FakeAnswer(int Status, string Body, bool Close = false)
{
    public static readonly FakeAnswer Allowed = new(200, """{"allowed":true,"remaining":9,"resetAtMs":0,"source":"redis"}""");
    public static readonly FakeAnswer Denied = new(429, """{"allowed":false,"remaining":0,"resetAtMs":1,"source":"memory"}""");
    public static readonly FakeAnswer Broken = new(500, "{}");
}

/// <summary>A server on a loopback port that answers the seed's contract as a test tells it to. It keeps what it was asked.</summary>
internal sealed class FakeWeir : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<int, Task<FakeAnswer>> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _open = [];
    private readonly Task _accepting;
    private int _requests;
    private int _answered;

    public FakeWeir(Func<int, Task<FakeAnswer>> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public FakeWeir(Func<int, FakeAnswer> answer)
        : this(number => Task.FromResult(answer(number)))
    {
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Answers sent.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>The last request's head and body.</summary>
    public string LastRequest { get; private set; } = "";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        lock (_open)
            _open.ForEach(socket => socket.Dispose());
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                lock (_open)
                    _open.Add(socket);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over, and the listener may have stopped before it was asked.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        byte[] buffer = new byte[4096];
        int held = 0;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(held)) is var read && read > 0)
            {
                held += read;
                if (!IsWhole(buffer.AsSpan(0, held)))
                    continue;
                LastRequest = Encoding.UTF8.GetString(buffer, 0, held);
                held = 0;
                var answer = await _answer(Interlocked.Increment(ref _requests));
                // Counted first: the client may have the answer, and the test its report, before a send returns.
                Interlocked.Increment(ref _answered);
                await socket.SendAsync(Bytes(answer));
                if (answer.Close)
                    break;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client hung up.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> request)
    {
        string text = Encoding.UTF8.GetString(request);
        int head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        const string Name = "Content-Length: ";
        int at = text.IndexOf(Name, StringComparison.Ordinal) + Name.Length;
        return head > 0 && request.Length == head + 4 + int.Parse(text[at..text.IndexOf('\r', at)]);
    }

    private static byte[] Bytes(FakeAnswer answer) => Encoding.UTF8.GetBytes(
        $"HTTP/1.1 {answer.Status} Whatever\r\nContent-Type: application/json\r\n"
        + (answer.Close ? "Connection: close\r\n" : "")
        + $"Content-Length: {answer.Body.Length}\r\n\r\n{answer.Body}");
}
