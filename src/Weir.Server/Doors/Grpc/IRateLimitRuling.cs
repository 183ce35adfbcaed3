using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Decides requests of Envoy's rate limit service: by the policies of Weir, or by another configuration.</summary>
internal interface IRateLimitRuling
{
    /// <summary>Decides one request. The wait is not canceled: a take that is given up halfway is spent.</summary>
    /// <param name="request">The request, unchecked.</param>
    /// <param name="caller">The caller's API key; null for an anonymous caller.</param>
    /// <exception cref="Grpc.Core.RpcException">The request is invalid or not allowed, or no decision can be made
    /// (<see cref="GrpcFault"/>).</exception>
    ValueTask<RateLimitResponse> DecideAsync(RateLimitRequest request, ApiKey? caller);
}
