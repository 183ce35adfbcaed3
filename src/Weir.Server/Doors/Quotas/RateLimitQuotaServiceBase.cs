using Grpc.Core;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Envoy's rate limit quota service as the framework binds it.</summary>
[BindServiceMethod(typeof(RateLimitQuotaMethods), nameof(RateLimitQuotaMethods.Bind))]
internal abstract class RateLimitQuotaServiceBase
{
    public abstract Task StreamRateLimitQuotas(
        IAsyncStreamReader<RateLimitQuotaUsageReports> reports, IServerStreamWriter<RateLimitQuotaResponse> responses,
        ServerCallContext context);
}
