using System.Net;
using System.Net.Sockets;

namespace Weir.Cli.Processes;

/// <summary>
/// Finds a free loopback port below the kernel's range of outgoing ports. In that range, a connection could take the
/// port of a killed Redis, and a server that reconnects could connect to itself.
/// </summary>
internal static class FreePort
{
    private const int Lowest = 20_000;
    private const int Beyond = 32_000;
    private const int Tries = 1_000;

    public static int Next()
    {
        for (int tried = 0; tried < Tries; tried++)
        {
            int port = Random.Shared.Next(Lowest, Beyond);
            if (IsFree(port))
                return port;
        }

        throw new ChildException($"No loopback port from {Lowest} to {Beyond - 1} is free.", "");
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
