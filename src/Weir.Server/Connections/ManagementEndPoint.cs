using System.Net;

namespace Weir.Server;

/// <summary>Address of <c>Weir:Management:Urls</c>. Its connections have a separate limit.</summary>
internal sealed class ManagementEndPoint(IPAddress address, int port) : IPEndPoint(address, port);
