using Grpc.Core;
using Weir.Server.Envoy;

namespace Weir.Server;

internal sealed class RateLimitService(IRateLimitRuling ruling) : RateLimitServiceBase
{
    public override Task<RateLimitResponse> ShouldRateLimit(RateLimitRequest request, ServerCallContext context) =>
        ruling.DecideAsync(request, Caller.Of(context.GetHttpContext())).AsTask();
}
