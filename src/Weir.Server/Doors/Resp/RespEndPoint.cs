using System.Net;

namespace Weir.Server;

// Address of Weir:Resp:Listen. Its connections run commands on the thread that receives the bytes, because commands are
// short and a thread switch costs more.
internal sealed class RespEndPoint(IPAddress address, int port) : IPEndPoint(address, port)
{
    public bool IsAny => Address.Equals(IPAddress.IPv6Any);

    public RespEndPoint OverIPv4() => new(IPAddress.Any, Port);
}
