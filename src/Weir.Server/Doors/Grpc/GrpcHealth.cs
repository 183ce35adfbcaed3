using Grpc.Core;
using Grpc.Health.V1;
using Status = Grpc.Core.Status;

namespace Weir.Server;

/// <summary>gRPC health: serving while <c>/readyz</c> says ready, and not while the service drains.</summary>
internal sealed class GrpcHealth(Draining draining) : Health.HealthBase
{
    private HealthCheckResponse Now => new()
    {
        Status = draining.HasBegun
            ? HealthCheckResponse.Types.ServingStatus.NotServing
            : HealthCheckResponse.Types.ServingStatus.Serving,
    };

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        IsKnown(request)
            ? Task.FromResult(Now)
            : throw new RpcException(new Status(
                StatusCode.NotFound,
                $"service: there is no such service here; use {RateLimitMethods.Descriptor.FullName}, or leave it empty"));

    /// <summary>Sends the status and each change of it. The stream ends with the drain.</summary>
    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        if (!IsKnown(request))
        {
            await responseStream.WriteAsync(
                new() { Status = HealthCheckResponse.Types.ServingStatus.ServiceUnknown }, context.CancellationToken);
            await UntilAsync(draining.Ended, context.CancellationToken);
            return;
        }

        var first = Now;
        await responseStream.WriteAsync(first, context.CancellationToken);
        await UntilAsync(draining.Begun, context.CancellationToken);
        if (first.Status == HealthCheckResponse.Types.ServingStatus.Serving)
            await responseStream.WriteAsync(Now, context.CancellationToken);
        await UntilAsync(draining.Ended, context.CancellationToken);
    }

    private static bool IsKnown(HealthCheckRequest request) =>
        request.Service.Length == 0 || request.Service == RateLimitMethods.Descriptor.FullName;

    private static async Task UntilAsync(CancellationToken moment, CancellationToken gone)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(moment, gone);
        await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        gone.ThrowIfCancellationRequested();
    }
}
