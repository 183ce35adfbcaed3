using Grpc.Core;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Reads usage reports of one stream, and writes the assignments of its buckets.</summary>
internal sealed class RateLimitQuotaService(QuotaBuckets buckets, TimeProvider time, Draining draining)
    : RateLimitQuotaServiceBase
{
    public override async Task StreamRateLimitQuotas(
        IAsyncStreamReader<RateLimitQuotaUsageReports> reports, IServerStreamWriter<RateLimitQuotaResponse> responses,
        ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, draining.Begun);
        using var stream = new QuotaStream(buckets, Caller.Of(context.GetHttpContext()), time);
        var writing = WriteAsync(stream, responses, ending.Token);
        try
        {
            while (await reports.MoveNext(ending.Token))
                stream.Report(reports.Current);
        }
        catch (OperationCanceledException) when (draining.HasBegun)
        {
            throw GrpcFault.Unavailable();
        }
        finally
        {
            await ending.CancelAsync();
            await writing;
        }
    }

    private static async Task WriteAsync(
        QuotaStream stream, IServerStreamWriter<RateLimitQuotaResponse> responses, CancellationToken ending)
    {
        try
        {
            while (true)
            {
                var response = await stream.NextAsync(ending);
                if (response.BucketAction.Count > 0)
                    await responses.WriteAsync(response, ending);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or InvalidOperationException or IOException)
        {
            // The stream has ended; its assignments end by themselves.
        }
    }
}
