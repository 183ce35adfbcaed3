using Grpc.Core;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Envoy's service. It guards itself, since an interceptor would cost as much as the decision.</summary>
internal sealed class RateLimitService(IRateLimitRuling ruling, GrpcGuard guard) : RateLimitServiceBase
{
    public override Task<RateLimitResponse> ShouldRateLimit(RateLimitRequest request, ServerCallContext context)
    {
        try
        {
            var answer = ruling.DecideAsync(request, Caller.Of(context.GetHttpContext()));
            return answer.IsCompletedSuccessfully ? Task.FromResult(answer.Result) : UntilAsync(answer, context);
        }
        catch (Exception fault) when (fault is not RpcException)
        {
            throw guard.InternalOf(fault, context);
        }
    }

    private async Task<RateLimitResponse> UntilAsync(ValueTask<RateLimitResponse> answer, ServerCallContext context)
    {
        try
        {
            return await answer;
        }
        catch (Exception fault) when (fault is not RpcException)
        {
            throw guard.InternalOf(fault, context);
        }
    }
}
