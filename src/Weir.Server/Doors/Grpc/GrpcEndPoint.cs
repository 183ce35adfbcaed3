using System.Net;

namespace Weir.Server;

/// <summary>The address of <c>Weir:Grpc:Listen</c>.</summary>
internal sealed class GrpcEndPoint(IPAddress address, int port) : IPEndPoint(address, port);
