using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Weir.Server;

/// <summary>Listens for RESP connections with small kernel buffers, which would grow to megabytes.</summary>
internal static class RespSockets
{
    /// <summary>Accepted connections inherit the buffers. Linux allows twice this size.</summary>
    public static Socket Listen(EndPoint endpoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        socket.SendBufferSize = RespBounds.KernelBytes;
        socket.ReceiveBufferSize = RespBounds.KernelBytes;
        return socket;
    }
}
