using Google.Protobuf;
using Grpc.Core;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Binds the methods of Envoy's service.</summary>
/// <remarks>By hand, so that bytes that are no message are an invalid argument and no unknown error.</remarks>
internal static class RateLimitMethods
{
    public static readonly Method<RateLimitRequest, RateLimitResponse> ShouldRateLimit = new(
        MethodType.Unary, RlsReflection.Descriptor.Services[0].FullName, nameof(RateLimitServiceBase.ShouldRateLimit),
        Marshallers.Create(Write, context => Read(context, RateLimitRequest.Parser)),
        Marshallers.Create(Write, context => Read(context, RateLimitResponse.Parser)));

    /// <summary>The service, for reflection.</summary>
    public static Google.Protobuf.Reflection.ServiceDescriptor Descriptor => RlsReflection.Descriptor.Services[0];

    /// <summary>Called by the framework, which finds it by <see cref="RateLimitServiceBase"/>.</summary>
    public static void Bind(ServiceBinderBase binder, RateLimitServiceBase? service) =>
        binder.AddMethod(ShouldRateLimit, service is null ? null! : service.ShouldRateLimit);

    private static void Write(IMessage message, SerializationContext context)
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }

    private static T Read<T>(DeserializationContext context, MessageParser<T> parser)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(context.PayloadAsReadOnlySequence());
        }
        catch (InvalidProtocolBufferException broken)
        {
            throw GrpcFault.Invalid("message", $"it is no {parser.GetType().GenericTypeArguments[0].Name} ({broken.Message}); send one in the encoding of protobuf");
        }
    }
}
