using System.Net;
using System.Net.Sockets;

namespace Weir.Server.Tests.Doors.Resp;

public sealed class RespSocketsTests
{
    [Fact]
    public async Task L10_a_connection_has_small_buffers_in_the_kernel()
    {
        using var listening = RespSockets.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listening.LocalEndPoint!);

        using var accepted = await listening.AcceptAsync();

        Assert.InRange(accepted.SendBufferSize, RespBounds.KernelBytes, 2 * RespBounds.KernelBytes);
        Assert.InRange(accepted.ReceiveBufferSize, RespBounds.KernelBytes, 2 * RespBounds.KernelBytes);
    }
}
