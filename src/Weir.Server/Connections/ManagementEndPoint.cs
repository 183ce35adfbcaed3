using System.Net;

namespace Weir.Server;

/// <summary>An address of <c>Weir:Management:Urls</c>: connections to it have a bound of their own.</summary>
internal sealed class ManagementEndPoint(IPAddress address, int port) : IPEndPoint(address, port);
