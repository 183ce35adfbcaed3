using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using Weir.Server.Envoy;
using Code = Weir.Server.Envoy.RateLimitResponse.Types.Code;

namespace Weir.Server;

/// <summary>Renders decisions as Envoy reads them: a status per descriptor, headers and metadata.</summary>
internal sealed class RateLimitRenderer(RateLimitHeaders headers, WeirOptions options, TimeProvider time)
{
    [ThreadStatic]
    private static HeaderDictionary? _written;

    // Caches the message of each limit. Responses share a message, so it must not change.
    private readonly ConditionalWeakTable<Limit, RateLimitResponse.Types.RateLimit> _named = [];

    public RateLimitResponse Render(RateLimitRequest request, in Decision decision)
    {
        var response = new RateLimitResponse { OverallCode = CodeOf(decision) };
        response.Statuses.Add(StatusOf(decision, request.Descriptors[0]));
        AddHeaders(response, decision);
        return response;
    }

    public RateLimitResponse Render(RateLimitRequest request, Decision[] decisions, int governing)
    {
        var response = new RateLimitResponse { OverallCode = CodeOf(decisions[governing]) };
        for (int i = 0; i < decisions.Length; i++)
            response.Statuses.Add(StatusOf(decisions[i], request.Descriptors[i]));
        AddHeaders(response, decisions[governing]);
        return response;
    }

    private static Code CodeOf(in Decision decision) =>
        decision.Outcome is DecisionOutcome.Unavailable or DecisionOutcome.AnswersFull ? throw GrpcFault.Unavailable()
        : decision.Allowed ? Code.Ok
        : Code.OverLimit;

    private RateLimitResponse.Types.DescriptorStatus StatusOf(in Decision decision, RateLimitDescriptor of)
    {
        var status = new RateLimitResponse.Types.DescriptorStatus { Code = CodeOf(decision) };
        if (decision.Limit is { } limit)
            Fill(status, limit, decision.Remaining, decision.ResetAfter, of);
        else if (!decision.Allowed)
            status.DurationUntilReset = decision.RetryAfter?.ToDuration();
        else if (decision.Plan.Limits.IsEmpty)
            status.LimitRemaining = uint.MaxValue;
        else if (ShadowOf(decision) is { } shadow)
            Fill(status, shadow.Limit, shadow.Remaining, shadow.ResetAfter, of);
        return status;
    }

    private void Fill(
        RateLimitResponse.Types.DescriptorStatus status, Limit limit, long remaining, TimeSpan resetAfter,
        RateLimitDescriptor of)
    {
        // A limit of the descriptor's own has no name.
        status.CurrentLimit = of.Limit is null
            ? _named.GetValue(limit, static limit => MessageOf(limit, limit.Name))
            : MessageOf(limit, "");
        status.LimitRemaining = (uint)Math.Min(remaining, uint.MaxValue);
        status.DurationUntilReset = resetAfter.ToDuration();
    }

    private static RateLimitResponse.Types.RateLimit MessageOf(Limit limit, string name)
    {
        var (requests, unit) = RateUnits.Of(limit.Quota);
        return new() { Name = name, RequestsPerUnit = requests, Unit = unit };
    }

    /// <summary>Returns the governing limit of a decision whose applying limits are all in shadow mode.</summary>
    private static LimitDecision? ShadowOf(in Decision decision)
    {
        LimitDecision? governing = null;
        foreach (var line in decision.Limits())
        {
            if (governing is not { } other || line.Outcome > other.Outcome
                || (line.Outcome == other.Outcome && line.Remaining < other.Remaining))
                governing = line;
        }

        return governing;
    }

    private void AddHeaders(RateLimitResponse response, in Decision decision)
    {
        var written = _written ??= [];
        written.Clear();
        headers.Write(written, decision, time);
        foreach (var (name, value) in written)
            response.ResponseHeadersToAdd.Add(new HeaderValue { Key = name, Value = value.ToString() });
        if (options.Grpc.Metadata)
            response.DynamicMetadata = MetadataOf(decision);
    }

    /// <summary>The names are those of a decision over HTTP.</summary>
    private static Struct MetadataOf(in Decision decision)
    {
        var body = Spelling.Body(decision);
        return new Struct
        {
            Fields =
            {
                ["allowed"] = Value.ForBool(body.Allowed),
                ["tenant"] = Value.ForString(body.Tenant),
                ["plan"] = Value.ForString(body.Plan),
                ["limit"] = body.Limit is { } limit ? Value.ForString(limit) : Value.ForNull(),
                ["remaining"] = Value.ForNumber(body.Remaining),
                ["capacity"] = Value.ForNumber(body.Capacity),
                ["retryAfterMs"] = body.RetryAfterMs is { } retry ? Value.ForNumber(retry) : Value.ForNull(),
                ["resetAfterMs"] = Value.ForNumber(body.ResetAfterMs),
                ["source"] = Value.ForString(body.Source),
                ["degraded"] = Value.ForBool(body.Degraded),
            },
        };
    }
}
