using Google.Protobuf.WellKnownTypes;
using Weir.Server.Envoy;
using Code = Weir.Server.Envoy.RateLimitResponse.Types.Code;
using Unit = Weir.Server.Envoy.RateLimitResponse.Types.RateLimit.Types.Unit;

namespace Weir.Server;

/// <summary>Decides by Envoy's own configuration (<c>Weir:Envoy:Config</c>).</summary>
internal sealed class ConfigRuling(EnvoyRuling ruling, RateLimitHeaders headers, WeirOptions options, TimeProvider time)
    : IRateLimitRuling
{
    public async ValueTask<RateLimitResponse> DecideAsync(RateLimitRequest request, ApiKey? caller)
    {
        if (caller?.Tenant is { } own && own != EnvoyTenant.Of(request.Domain))
            throw GrpcFault.OtherTenant();
        var answer = await ruling.DecideAsync(
            request.Domain, [.. request.Descriptors.Select(DescriptorOf)], request.HitsAddend);
        return answer.Complaint is { } complaint ? throw GrpcFault.Invalid(complaint)
            : answer.IsUnavailable ? throw GrpcFault.Unavailable()
            : Render(answer);
    }

    private static EnvoyDescriptor DescriptorOf(RateLimitDescriptor descriptor) => new(
        [.. descriptor.Entries.Select(entry => new EnvoyEntry(entry.Key, entry.Value))],
        descriptor.Limit is { } limit ? new EnvoyOverride(limit.RequestsPerUnit, (EnvoyUnit)limit.Unit) : null,
        descriptor.HitsAddend);

    private RateLimitResponse Render(EnvoyAnswer answer)
    {
        var response = new RateLimitResponse { OverallCode = CodeOf(answer.Code) };
        response.Statuses.AddRange(answer.Statuses.Select(StatusOf));
        if (answer.Governing >= 0)
            AddHeaders(response, answer.Statuses[answer.Governing]);
        if (options.Grpc.Metadata && MetadataOf(answer) is { } metadata)
            response.DynamicMetadata = metadata;
        return response;
    }

    private static RateLimitResponse.Types.DescriptorStatus StatusOf(EnvoyStatus status)
    {
        var rendered = new RateLimitResponse.Types.DescriptorStatus
        {
            Code = CodeOf(status.Code),
            LimitRemaining = status.Remaining,
        };
        if (status.Limit is { } limit)
            rendered.CurrentLimit = new()
            {
                Name = limit.Name,
                RequestsPerUnit = limit.RequestsPerUnit,
                Unit = (Unit)limit.Unit,
            };
        if (status.SecondsLeft is { } seconds)
            rendered.DurationUntilReset = new Duration { Seconds = seconds };
        return rendered;
    }

    private void AddHeaders(RateLimitResponse response, in EnvoyStatus status)
    {
        var limit = status.Limit!;
        var now = time.GetUtcNow();
        long? window = limit.Quota.WindowAt(now) is { } length ? Spelling.Seconds(length) : null;
        var written = new HeaderDictionary();
        headers.Write(
            written,
            new LimitNumbers(
                limit.Name.Length > 0 ? limit.Name : "default", limit.RequestsPerUnit, status.Remaining,
                status.SecondsLeft is { } left ? TimeSpan.FromSeconds(left) : null, window),
            now);
        if (status is { Code: EnvoyCode.OverLimit, SecondsLeft: { } wait })
            written["Retry-After"] = Math.Max(1, wait).ToString();
        foreach (var (name, value) in written)
            response.ResponseHeadersToAdd.Add(new HeaderValue { Key = name, Value = value.ToString() });
    }

    private static Struct? MetadataOf(EnvoyAnswer answer)
    {
        var metadata = answer.Metadata?.DeepClone().AsObject();
        if (answer.Governing >= 0 && answer.Statuses[answer.Governing] is { Limit: { } limit } status)
        {
            metadata ??= [];
            metadata["limit"] = limit.Name;
            metadata["allowed"] = status.Code == EnvoyCode.Ok;
            metadata["remaining"] = (double)status.Remaining;
            metadata["capacity"] = (double)limit.RequestsPerUnit;
        }

        return metadata is null ? null : Struct.Parser.ParseJson(metadata.ToJsonString());
    }

    private static Code CodeOf(EnvoyCode code) => code == EnvoyCode.Ok ? Code.Ok : Code.OverLimit;
}
