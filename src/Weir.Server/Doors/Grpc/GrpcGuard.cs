using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Weir.Server;

/// <summary>Reports every exception as INTERNAL. The framework would report UNKNOWN.</summary>
internal sealed partial class GrpcGuard(ILogger<GrpcGuard> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception fault) when (fault is not RpcException)
        {
            throw InternalOf(fault, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception fault) when (fault is not RpcException)
        {
            throw InternalOf(fault, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception fault) when (fault is not RpcException)
        {
            throw InternalOf(fault, context);
        }
    }

    public RpcException InternalOf(Exception fault, ServerCallContext context)
    {
        // The client has ended the call, or the connection is gone: the status reaches no reader.
        if (context.CancellationToken.IsCancellationRequested)
            return new RpcException(new Status(StatusCode.Cancelled, "the call was canceled"));
        Failed(fault, context.Method);
        return new RpcException(new Status(
            StatusCode.Internal, "an error of Weir, which its log describes; please report it"));
    }

    [LoggerMessage(73, LogLevel.Error, "The gRPC call {Method} failed: an error of Weir, please report it")]
    private partial void Failed(Exception fault, string method);
}
