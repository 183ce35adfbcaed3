using System.Net;

namespace Weir.Server;

// The address of Weir:Resp:Listen. Its connections answer on the thread that has received the bytes: a turn of commands
// is short, and a change of threads costs more.
internal sealed class RespEndPoint(IPAddress address, int port) : IPEndPoint(address, port);
