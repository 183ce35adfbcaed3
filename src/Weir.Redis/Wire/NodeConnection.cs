using System.Buffers.Text;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Text;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>A blocking RESP 2 connection to one Redis node, for one thread at a time. Format:
/// redis.io/docs/latest/develop/reference/protocol-spec.</summary>
internal sealed class NodeConnection : IDisposable
{
    /// <summary>Maximum bytes of a reply. The reply to 256 decisions on 16 limits takes 132 KB.</summary>
    private const int MaxReply = 1 << 20;

    private const int SmallBuffer = 16 * 1024;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private byte[] _out = new byte[SmallBuffer];
    private int _written;
    private ExceptionDispatchInfo? _sendFault;
    private byte[] _in = new byte[SmallBuffer];
    private int _read;
    private int _received;

    private NodeConnection(Socket socket, Stream stream) => (_socket, _stream) = (socket, stream);

    /// <summary>Connects, logs in and selects the database. <paramref name="patience"/> bounds this, and later the wait
    /// for each reply.</summary>
    public static NodeConnection Open(EndPoint endpoint, ConfigurationOptions configuration, TimeSpan patience)
    {
        int timeout = (int)patience.TotalMilliseconds;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = timeout, ReceiveTimeout = timeout };
        KeepAlive(socket);
        try
        {
            Connect(socket, endpoint, patience);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (configuration.Ssl)
                stream = Secure(stream, endpoint, configuration);
            var connection = new NodeConnection(socket, stream);
            connection.LogIn(configuration);
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public string? RunId { get; set; }

    /// <summary>True if an idle connection has ended or has bytes; always false with TLS.</summary>
    public bool IsClosedWhileIdle => _stream is NetworkStream && HasArrived;

    public bool HasArrived => _read < _received || _socket.Poll(0, SelectMode.SelectRead);

    public void Write(ScriptCall call, bool withText, bool asking)
    {
        if (asking)
            Write("ASKING"u8);
        WriteHead((byte)'*', 3 + call.Count);
        WriteWord(withText ? "EVAL"u8 : "EVALSHA"u8);
        WriteWord((withText ? call.Script.Text : call.Script.Digest).Span);
        Span<byte> digits = stackalloc byte[11];
        Utf8Formatter.TryFormat(call.KeyCount, digits, out int length);
        WriteWord(digits[..length]);
        for (int i = 0; i < call.Count; i++)
            WriteWord(call[i].Span);
    }

    /// <summary>Sends the written bytes. After an error, every <see cref="Read"/> throws the same error.</summary>
    public void Flush()
    {
        try
        {
            _stream.Write(_out, 0, _written);
            _written = 0;
        }
        catch (Exception fault)
        {
            _sendFault = ExceptionDispatchInfo.Capture(fault);
            throw;
        }
    }

    /// <summary>Waits for the next reply. Returns its bytes, valid until the next call; empty for a null.</summary>
    /// <exception cref="RedisServerException">Redis replied with an error. The connection stays usable.</exception>
    public ReadOnlySpan<byte> Read()
    {
        _sendFault?.Throw();
        var line = ReadLine();
        if (line.IsEmpty)
            throw new InvalidDataException("an empty reply");
        if (line[0] == '-')
            throw RespErrors.Read(line[1..]);
        if (line[0] is (byte)'+' or (byte)':')
            return line[1..];
        if (line[0] != '$' || !Utf8Parser.TryParse(line[1..], out int length, out int used) || used != line.Length - 1)
            throw new InvalidDataException("a reply of an unknown type");
        return length < 0 ? default : ReadBytes(length);
    }

    /// <summary>Hands the stream over to a caller, without timeouts.</summary>
    public Stream HandOver()
    {
        (_socket.SendTimeout, _socket.ReceiveTimeout) = (0, 0);
        return _stream;
    }

    public string Command(params ReadOnlySpan<string> words)
    {
        Send(words);
        return Encoding.UTF8.GetString(Read());
    }

    public string CommandForFirst(params ReadOnlySpan<string> words)
    {
        Send(words);
        int count = ReadCount();
        string first = count > 0 ? Encoding.UTF8.GetString(Read()) : "";
        Skip(count - 1);
        return first;
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Turns on keep-alive, which detects within half a minute that an idle connection was dropped.</summary>
    private static void KeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    /// <summary>Connects with a timeout, which Connect lacks. ConnectAsync makes the socket non-blocking.</summary>
    private static void Connect(Socket socket, EndPoint endpoint, TimeSpan patience)
    {
        bool isOver = false;
        using var timer = new Timer(_ => { isOver = true; socket.Dispose(); }, null, patience, Timeout.InfiniteTimeSpan);
        try
        {
            socket.Connect(endpoint);
        }
        catch (Exception closed) when (Volatile.Read(ref isOver) && closed is SocketException or ObjectDisposedException)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }

    private static SslStream Secure(Stream stream, EndPoint endpoint, ConfigurationOptions configuration)
    {
        string host = configuration.SslHost ?? RespErrors.HostOf(endpoint);
        var secure = new SslStream(stream);
        secure.AuthenticateAsClient(configuration.SslClientAuthenticationOptions?.Invoke(host) ?? RedisTls.Defaults(host, configuration));
        return secure;
    }

    private void LogIn(ConfigurationOptions configuration)
    {
        if (configuration.Password is { } password)
            Command(configuration.User is { } user ? ["AUTH", user, password] : ["AUTH", password]);
        if (configuration.ClientName is { } name)
            Command("CLIENT", "SETNAME", name);
        if (configuration.DefaultDatabase is { } database and > 0)
            Command("SELECT", database.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private void Send(ReadOnlySpan<string> words)
    {
        WriteHead((byte)'*', words.Length);
        foreach (string word in words)
            WriteWord(Encoding.UTF8.GetBytes(word));
        Flush();
    }

    private int ReadCount()
    {
        var line = ReadLine();
        if (line is [(byte)'-', ..])
            throw RespErrors.Read(line[1..]);
        return line is [(byte)'*', ..] && Utf8Parser.TryParse(line[1..], out int count, out int used) && used == line.Length - 1
            ? count
            : throw new InvalidDataException("a reply that is no array");
    }

    private void Skip(int count)
    {
        for (; count > 0; count--)
        {
            if (Peek() == (byte)'*')
                count += ReadCount();
            else
                Read();
        }
    }

    private byte Peek()
    {
        while (_read == _received)
            Receive();
        return _in[_read];
    }

    private void Write(ReadOnlySpan<byte> command)
    {
        WriteHead((byte)'*', 1);
        WriteWord(command);
    }

    private void WriteWord(ReadOnlySpan<byte> word)
    {
        WriteHead((byte)'$', word.Length);
        var to = Room(word.Length + 2);
        word.CopyTo(to);
        "\r\n"u8.CopyTo(to[word.Length..]);
        _written += word.Length + 2;
    }

    private void WriteHead(byte type, int number)
    {
        var to = Room(14);
        to[0] = type;
        Utf8Formatter.TryFormat(number, to[1..], out int length);
        "\r\n"u8.CopyTo(to[(1 + length)..]);
        _written += length + 3;
    }

    private Span<byte> Room(int length)
    {
        if (_written + length > _out.Length)
            Array.Resize(ref _out, Math.Max(2 * _out.Length, _written + length));
        return _out.AsSpan(_written);
    }

    private ReadOnlySpan<byte> ReadLine()
    {
        int searched = 0, end;
        while ((end = _in.AsSpan(_read + searched, _received - _read - searched).IndexOf("\r\n"u8)) < 0)
        {
            searched = Math.Max(0, _received - _read - 1);
            Receive();
        }

        var line = _in.AsSpan(_read, searched + end);
        _read += line.Length + 2;
        return line;
    }

    private ReadOnlySpan<byte> ReadBytes(int length)
    {
        if (length > MaxReply)
            throw new InvalidDataException($"a reply of {length} bytes; {MaxReply} are the most");
        while (_received - _read < length + 2)
            Receive();
        var bytes = _in.AsSpan(_read, length);
        _read += length + 2;
        return bytes;
    }

    /// <summary>Waits for more bytes, and appends them to the unread ones. The unread bytes may move.</summary>
    private void Receive()
    {
        if (_read == _received)
            (_read, _received) = (0, 0);
        if (_received == _in.Length)
            MakeRoom();
        int count = _stream.Read(_in, _received, _in.Length - _received);
        if (count == 0)
            throw new EndOfStreamException("Redis closed the connection");
        _received += count;
    }

    private void MakeRoom()
    {
        int unread = _received - _read;
        if (unread >= MaxReply)
            throw new InvalidDataException($"a reply of more than {MaxReply} bytes");
        byte[] to = unread > _in.Length / 2 ? new byte[2 * _in.Length] : _in;
        _in.AsSpan(_read, unread).CopyTo(to);
        (_in, _read, _received) = (to, 0, unread);
    }
}
