using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Weir.Testing;

namespace Weir.Server.Tests.Harness;

/// <summary>A connection on which a test says exactly what it wants, also what no HTTP client would.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client = new();

    private NetworkStream _stream = null!;

    private RawConnection()
    {
    }

    public static async Task<RawConnection> OpenAsync(Uri server)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(server.Host, server.Port);
        connection._stream = connection._client.GetStream();
        return connection;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes);

    /// <summary>Says that nothing more will come; answers are still read.</summary>
    public void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Drops the connection without a farewell (RST).</summary>
    public void Reset()
    {
        _client.LingerState = new LingerOption(true, 0);
        _client.Close();
    }

    /// <summary>One answer, to the end of the body that its header announces.</summary>
    public async Task<string> ReadAnswerAsync()
    {
        using var deadline = new CancellationTokenSource(Until.Patience);
        var received = new StringBuilder();
        byte[] one = new byte[1];
        int end = -1;
        while (end < 0 || received.Length < end)
        {
            await _stream.ReadExactlyAsync(one, deadline.Token);
            received.Append((char)one[0]);
            if (end < 0 && received.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                end = received.Length + LengthIn(received.ToString());
        }

        return received.ToString();
    }

    /// <summary>Whether the server closes the connection in order (FIN) and sends nothing before that.</summary>
    public async Task<bool> EndsInOrderAsync()
    {
        using var deadline = new CancellationTokenSource(Until.Patience);
        return await _stream.ReadAsync(new byte[1], deadline.Token) == 0;
    }

    private static int LengthIn(string head)
    {
        var length =
            Regex.Match(head, "^Content-Length: ([0-9]+)\r$", RegexOptions.Multiline | RegexOptions.IgnoreCase);
        return length.Success ? int.Parse(length.Groups[1].Value) : 0;
    }

    /// <summary>Everything the server sends until it closes the connection, in order or not.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var deadline = new CancellationTokenSource(Until.Patience);
        using var received = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(received, deadline.Token);
        }
        catch (IOException)
        {
            // The server dropped the connection; what came before that is the answer.
        }

        return Encoding.UTF8.GetString(received.ToArray());
    }

    public void Dispose() => _client.Dispose();
}
