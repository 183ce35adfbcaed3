using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Weir.Testing;

/// <summary>
/// One command over one short-lived connection, written and read by hand. A client library would greet the server with half a dozen
/// commands of its own first, and those hang or fail in just the states a test puts its server in: paused, out of memory, read-only.
/// </summary>
internal static class RespCommand
{
    public static Task<string> SendAsync(int port, string? password, TestCertificates? tls, string[] words) =>
        SendAsync(port, password is null ? [] : ["AUTH", password], tls, words);

    public static Task<string> SendAsAsync(int port, string user, string password, string[] words) => SendAsync(port, ["AUTH", user, password], null, words);

    private static async Task<string> SendAsync(int port, string[] greeting, TestCertificates? tls, string[] words)
    {
        using var cancellation = new CancellationTokenSource(Until.Patience);
        try
        {
            using var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(IPAddress.Loopback, port, cancellation.Token);
            await using var stream = new BufferedStream(tls is null ? client.GetStream() : await tls.SecureAsync(client.GetStream(), cancellation.Token));
            if (greeting.Length > 0)
                await ExchangeAsync(stream, greeting, cancellation.Token);
            return await ExchangeAsync(stream, words, cancellation.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Redis on port {port} did not answer {words[0]} within {Until.Patience.TotalSeconds} s.");
        }
    }

    private static async Task<string> ExchangeAsync(Stream stream, string[] words, CancellationToken cancellation)
    {
        var request = new StringBuilder($"*{words.Length}\r\n");
        foreach (var word in words)
            request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()), cancellation);
        await stream.FlushAsync(cancellation);
        return await ReadReplyAsync(stream, cancellation);
    }

    private static async Task<string> ReadReplyAsync(Stream stream, CancellationToken cancellation)
    {
        var line = await ReadLineAsync(stream, cancellation);
        return line[0] switch
        {
            '+' or ':' => line[1..],
            '-' => throw new RedisErrorException(line[1..]),
            '$' => await ReadBulkAsync(stream, Length(line), cancellation),
            '*' => await ReadArrayAsync(stream, Length(line), cancellation),
            _ => throw new InvalidDataException($"This is no RESP reply: {line}"),
        };
    }

    private static async Task<string> ReadBulkAsync(Stream stream, int length, CancellationToken cancellation)
    {
        if (length < 0)
            return "";
        var bytes = new byte[length + 2];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static async Task<string> ReadArrayAsync(Stream stream, int length, CancellationToken cancellation)
    {
        var elements = new List<string>();
        for (var index = 0; index < length; index++)
            elements.Add(await ReadReplyAsync(stream, cancellation));
        return string.Join('\n', elements);
    }

    private static async Task<string> ReadLineAsync(Stream stream, CancellationToken cancellation)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (line.Count < 2 || line[^2] != '\r' || line[^1] != '\n')
        {
            await stream.ReadExactlyAsync(one, cancellation);
            line.Add(one[0]);
        }

        return Encoding.UTF8.GetString([.. line], 0, line.Count - 2);
    }

    private static int Length(string line) => int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
}
