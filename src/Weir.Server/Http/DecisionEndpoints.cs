using System.Buffers;
using System.Text.Json;

namespace Weir.Server;

/// <summary>The paths that decide: the seed's two, and <c>/v1</c>.</summary>
internal sealed class DecisionEndpoints(RateLimiter limiter, RateLimitHeaders headers, DecisionMetrics metrics, TimeProvider time)
{
    /// <summary>Bytes of the body of one request: a key, a tenant and all attributes, each character escaped, fit.</summary>
    public const int MaxBody = 64 * 1024;

    /// <summary>Bytes of the body of a batch.</summary>
    public const int MaxBatchBody = 1024 * 1024;

    private const string Json = "application/json";

    public async Task CheckByQuery(HttpContext http)
    {
        if (FactsReader.FromQuery(http.Request, leastCost: 0, out var facts) is { } complaint)
            await Problems.BadRequest(http, complaint);
        else
            await AnswerSeed(http, await DecideAsync(facts, spend: false), StatusCodes.Status200OK);
    }

    public async Task Increment(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http, WireJson.Default.TakeBody, MaxBody);
        if (body is null)
            return;
        if (FactsReader.FromBody(http.Request, body, leastCost: 1, out var facts) is { } complaint)
            await Problems.BadRequest(http, complaint);
        else
            await AnswerSeed(http, await DecideAsync(facts, spend: true), StatusCodes.Status429TooManyRequests);
    }

    public async Task Take(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http, WireJson.Default.TakeBody, MaxBody);
        if (body is null)
            return;
        if (FactsReader.FromBody(http.Request, body, leastCost: 1, out var facts) is { } complaint)
            await Problems.BadRequest(http, complaint);
        else
            await Answer(http, await DecideAsync(facts, spend: true));
    }

    public async Task Check(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http, WireJson.Default.TakeBody, MaxBody);
        if (body is null)
            return;
        if (FactsReader.FromBody(http.Request, body, leastCost: 0, out var facts) is { } complaint)
        {
            await Problems.BadRequest(http, complaint);
            return;
        }

        await AnswerDecision(http, await DecideAsync(facts, spend: false));
    }

    public async Task Batch(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http, WireJson.Default.BatchBody, MaxBatchBody);
        if (body is null)
            return;
        if (BatchReader.Read(http.Request, body, out var requests) is { } complaint)
        {
            await Problems.BadRequest(http, complaint);
            return;
        }

        // Asked all at once: they share the way to the store, and those for one key keep their order on it.
        var asked = Array.ConvertAll(requests, facts => DecideAsync(facts, spend: true).AsTask());
        var decisions = await Task.WhenAll(asked);
        var bodies = Array.ConvertAll(decisions, decision => Spelling.Body(decision));
        await Problems.Write(http, StatusCodes.Status200OK, new BatchDecisionsBody(bodies), WireJson.Default.BatchDecisionsBody, Json);
    }

    private async ValueTask<Decision> DecideAsync(RequestFacts facts, bool spend)
    {
        long began = time.GetTimestamp();
        // Not cancelled with the request: the answer is due within the deadline, and a take given up half-way is still spent.
        var decision = await (spend ? limiter.TakeAsync(facts) : limiter.CheckAsync(facts));
        metrics.Record(decision, spend, time.GetElapsedTime(began));
        return decision;
    }

    private Task AnswerSeed(HttpContext http, Decision decision, int refused)
    {
        if (decision.Outcome == DecisionOutcome.Unavailable)
            return Problems.ReducedCapacity(http);
        headers.Write(http.Response, decision, time);
        http.Response.StatusCode = decision.Allowed ? StatusCodes.Status200OK : refused;
        return Write(http, JsonSerializer.SerializeToUtf8Bytes(Spelling.Seed(decision, time), WireJson.Default.SeedBody));
    }

    private Task Answer(HttpContext http, Decision decision)
    {
        if (decision.Outcome is DecisionOutcome.Allowed or DecisionOutcome.Unavailable)
            return AnswerDecision(http, decision);
        headers.Write(http.Response, decision, time);
        var refusal = new RefusalBody(Spelling.Body(decision), DetailOf(decision));
        return Problems.Write(http, StatusCodes.Status429TooManyRequests, refusal, WireJson.Default.RefusalBody, Problems.ContentType);
    }

    private Task AnswerDecision(HttpContext http, in Decision decision)
    {
        // Without a decision there is nothing true to say of a bucket, in the headers neither.
        if (decision.Outcome == DecisionOutcome.Unavailable)
            return Problems.ReducedCapacity(http);
        headers.Write(http.Response, decision, time);
        return Write(http, JsonSerializer.SerializeToUtf8Bytes(Spelling.Body(decision), WireJson.Default.DecisionBody));
    }

    private static string DetailOf(in Decision decision) => decision.RetryAfter is { } retry
        ? $"the limit {decision.Limit!.Name} of plan {decision.Plan.Name} has {decision.Remaining} tokens left; try again in {Spelling.Milliseconds(retry)} ms"
        : $"the cost is above the capacity of {decision.Limit!.Quota.Capacity} of the limit {decision.Limit.Name}: it can never be allowed, so send a lower cost";

    private static Task Write(HttpContext http, byte[] json)
    {
        http.Response.ContentType = Json;
        http.Response.ContentLength = json.Length;
        // Not flushed: the server sends it with the headers when the request ends.
        http.Response.BodyWriter.Write(json);
        return Task.CompletedTask;
    }
}
