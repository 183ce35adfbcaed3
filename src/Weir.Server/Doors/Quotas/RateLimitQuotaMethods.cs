using Grpc.Core;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Binds the methods of Envoy's rate limit quota service.</summary>
internal static class RateLimitQuotaMethods
{
    public static readonly Method<RateLimitQuotaUsageReports, RateLimitQuotaResponse> StreamRateLimitQuotas = new(
        MethodType.DuplexStreaming, RlqsReflection.Descriptor.Services[0].FullName,
        nameof(RateLimitQuotaServiceBase.StreamRateLimitQuotas),
        ProtoMarshaller.Of(RateLimitQuotaUsageReports.Parser), ProtoMarshaller.Of(RateLimitQuotaResponse.Parser));

    /// <summary>Called by the framework, which finds it by <see cref="RateLimitQuotaServiceBase"/>.</summary>
    public static void Bind(ServiceBinderBase binder, RateLimitQuotaServiceBase? service) =>
        binder.AddMethod(StreamRateLimitQuotas, service is null ? null! : service.StreamRateLimitQuotas);
}
