using Google.Protobuf;
using Grpc.Core;

namespace Weir.Server;

/// <summary>Reads and writes messages. Bytes that are no message are an invalid argument, not an unknown error.</summary>
internal static class ProtoMarshaller
{
    public static Marshaller<T> Of<T>(MessageParser<T> parser)
        where T : class, IMessage<T> => Marshallers.Create<T>(Write, context => Read(context, parser));

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
            throw GrpcFault.Invalid(
                "message", $"it is no {typeof(T).Name} ({broken.Message}); send one in the encoding of protobuf");
        }
    }
}
