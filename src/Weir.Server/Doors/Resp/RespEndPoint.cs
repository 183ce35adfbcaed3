using System.Net;

namespace Weir.Server;

/// <summary>
/// The address of <c>Weir:Resp:Listen</c>. Its connections answer on the thread that has received the bytes: a turn of
/// commands is short, and a change of threads costs more.
/// </summary>
internal sealed class RespEndPoint(IPAddress address, int port) : IPEndPoint(address, port);
