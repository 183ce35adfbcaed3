using System.Net.Security;
using System.Net.Sockets;

namespace Weir.Cli.Load;

/// <summary>
/// A keep-alive connection of one task; only <see cref="AbortIfOverdue"/> may run on another thread. Uses 12 to 17
/// microseconds of processor time per request; HttpClient used 25 to 53.
/// </summary>
internal sealed class Connection(Target target, long timeoutUs, RunClock clock) : IDisposable
{
    private const int BufferBytes = 8 * 1024;
    private const long Idle = long.MaxValue;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private volatile Socket? _socket;
    private Stream? _stream;
    private long _busySinceUs = Idle;
    private volatile bool _overdue;

    /// <summary>Sends a request and returns the answer. Returns network errors as answers.</summary>
    public async ValueTask<Answer> ExchangeAsync(ReadOnlyMemory<byte> request)
    {
        Volatile.Write(ref _busySinceUs, clock.NowUs);
        try
        {
            if (_stream is null)
                await OpenAsync().ConfigureAwait(false);
            await _stream!.WriteAsync(request).ConfigureAwait(false);
            return await ReadAsync(_stream).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException
            or System.Security.Authentication.AuthenticationException)
        {
            Close();
            return _overdue ? Answer.TimedOut : Answer.Disconnected;
        }
        finally
        {
            Volatile.Write(ref _busySinceUs, Idle);
            _overdue = false;
        }
    }

    public void AbortIfOverdue(long nowUs)
    {
        long since = Volatile.Read(ref _busySinceUs);
        if (since == Idle || nowUs - since < timeoutUs)
            return;
        _overdue = true;
        _socket?.Dispose();
    }

    public void Dispose() => Close();

    private async Task OpenAsync()
    {
        var socket = new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket = socket;
        await socket.ConnectAsync(target.Address).ConfigureAwait(false);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (target.Tls)
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsClientAsync(target.Url.Host).ConfigureAwait(false);
            stream = tls;
        }

        _stream = stream;
    }

    private async ValueTask<Answer> ReadAsync(Stream stream)
    {
        int held = 0;
        while (held < _buffer.Length)
        {
            int read = await stream.ReadAsync(_buffer.AsMemory(held)).ConfigureAwait(false);
            if (read == 0)
                throw new IOException("The server hung up before its answer was whole.");
            held += read;
            if (!AnswerReader.TryRead(_buffer.AsSpan(0, held), out var answer, out bool close))
                continue;
            if (close)
                Close();
            return answer;
        }

        // No decision is this long, so stop reading.
        Close();
        return new Answer(AnswerKind.Malformed, AnswerSource.None, 0);
    }

    private void Close()
    {
        _stream?.Dispose();
        _socket?.Dispose();
        _stream = null;
        _socket = null;
    }
}
