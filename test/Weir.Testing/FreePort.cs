using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Weir.Testing;

/// <summary>
/// Loopback ports nobody listens on. A port that was free a moment ago can be taken by the time a server binds it, so whoever
/// starts a server still has to be ready for a second try; this keeps the second try rare.
/// </summary>
/// <remarks>
/// The usual trick, to bind port 0 and read what came, yields a port from the range the kernel also uses for outgoing connections.
/// There, the port of a server that a test has killed may be gone when the test wants to restart it. So ports are drawn below that
/// range, where only servers live, and none is given out twice by the same process.
/// </remarks>
public static class FreePort
{
    private const int Lowest = 20_000;
    private const int Beyond = 32_000;

    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>A TCP port that is free on 127.0.0.1 now and that this process has not been given before.</summary>
    public static int Next()
    {
        for (var attempt = 0; attempt < 10_000; attempt++)
        {
            var port = Random.Shared.Next(Lowest, Beyond);
            if (Given.TryAdd(port, true) && IsFree(port))
                return port;
        }

        throw new InvalidOperationException($"No free loopback port was found between {Lowest} and {Beyond}.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
