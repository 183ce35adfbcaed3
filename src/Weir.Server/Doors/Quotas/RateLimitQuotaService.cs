using Grpc.Core;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Reads usage reports of one stream, and writes the assignments of its buckets.</summary>
internal sealed class RateLimitQuotaService(QuotaBuckets buckets, ApiKeys keys, TimeProvider time, Draining draining)
    : RateLimitQuotaServiceBase
{
    public override async Task StreamRateLimitQuotas(
        IAsyncStreamReader<RateLimitQuotaUsageReports> reports, IServerStreamWriter<RateLimitQuotaResponse> responses,
        ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, draining.Begun);
        using var stream = new QuotaStream(buckets, keys, Caller.Of(context.GetHttpContext()), time);
        var writing = WriteAsync(stream, responses, ending);
        try
        {
            while (await reports.MoveNext(ending.Token))
                stream.Report(reports.Current);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
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
        QuotaStream stream, IServerStreamWriter<RateLimitQuotaResponse> responses,
        CancellationTokenSource ending)
    {
        try
        {
            while (true)
            {
                var response = await stream.NextAsync(ending.Token);
                if (response.BucketAction.Count > 0)
                    await responses.WriteAsync(response, ending.Token);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or InvalidOperationException or IOException)
        {
            // The stream has ended: end the reports, too. The assignments end by themselves.
            await ending.CancelAsync();
        }
    }
}
