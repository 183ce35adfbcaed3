using Grpc.Core;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Binds the methods of Envoy's service.</summary>
internal static class RateLimitMethods
{
    public static readonly Method<RateLimitRequest, RateLimitResponse> ShouldRateLimit = new(
        MethodType.Unary, RlsReflection.Descriptor.Services[0].FullName, nameof(RateLimitServiceBase.ShouldRateLimit),
        ProtoMarshaller.Of(RateLimitRequest.Parser), ProtoMarshaller.Of(RateLimitResponse.Parser));

    /// <summary>The service, for reflection.</summary>
    public static Google.Protobuf.Reflection.ServiceDescriptor Descriptor => RlsReflection.Descriptor.Services[0];

    /// <summary>Called by the framework, which finds it by <see cref="RateLimitServiceBase"/>.</summary>
    public static void Bind(ServiceBinderBase binder, RateLimitServiceBase? service) =>
        binder.AddMethod(ShouldRateLimit, service is null ? null! : service.ShouldRateLimit);
}
