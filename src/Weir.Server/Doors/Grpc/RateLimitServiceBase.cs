using Grpc.Core;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Envoy's service as the framework binds it.</summary>
[BindServiceMethod(typeof(RateLimitMethods), nameof(RateLimitMethods.Bind))]
internal abstract class RateLimitServiceBase
{
    public abstract Task<RateLimitResponse> ShouldRateLimit(RateLimitRequest request, ServerCallContext context);
}
