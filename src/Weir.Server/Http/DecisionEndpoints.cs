using System.Runtime.CompilerServices;

namespace Weir.Server;

/// <summary>The paths that decide: the seed's two, and <c>/v1</c>.</summary>
internal sealed class DecisionEndpoints(RateLimiter limiter, DecisionAnswers answers, DecisionTelemetry telemetry, TimeProvider time)
{
    /// <summary>Bytes of the body of one request: a key, a tenant and all attributes, each character escaped, fit.</summary>
    public const int MaxBody = 64 * 1024;

    public async Task CheckByQuery(HttpContext http)
    {
        if (FactsReader.FromQuery(http.Request, leastCost: 0, out var facts) is { } complaint)
            await Problems.Refuse(http, complaint);
        else
            await answers.Seed(http, await DecideAsync(facts, spend: false), StatusCodes.Status200OK);
    }

    public async Task Increment(HttpContext http)
    {
        var body = await JsonBody.ReadAsync<TakeBody>(http, MaxBody);
        if (body is null)
            return;
        if ((FactsReader.FromBody(http.Request, body, leastCost: 1, out var facts) ?? IdempotencyKey.Complaint(http)) is { } complaint)
            await Problems.Refuse(http, complaint);
        else
            await answers.Seed(http, IdempotencyKey.Of(http) is { } key ? await TakeOnceAsync(facts, key) : await DecideAsync(facts, spend: true), StatusCodes.Status429TooManyRequests);
    }

    public async Task Take(HttpContext http)
    {
        var body = await JsonBody.ReadAsync<TakeBody>(http, MaxBody);
        if (body is null)
            return;
        if ((FactsReader.FromBody(http.Request, body, leastCost: 1, out var facts) ?? IdempotencyKey.Complaint(http)) is { } complaint)
            await Problems.Refuse(http, complaint);
        else
            await answers.Take(http, IdempotencyKey.Of(http) is { } key ? await TakeOnceAsync(facts, key) : await DecideAsync(facts, spend: true));
    }

    /// <summary>Gives back what a request spent that turned out not to be one.</summary>
    public async Task Refund(HttpContext http)
    {
        var body = await JsonBody.ReadAsync<TakeBody>(http, MaxBody);
        if (body is null)
            return;
        if ((FactsReader.FromBody(http.Request, body, leastCost: 1, out var facts) ?? IdempotencyKey.Complaint(http)) is { } complaint)
            await Problems.Refuse(http, complaint);
        else
            await answers.Decision(http, await limiter.RefundAsync(facts, IdempotencyKey.Of(http)));
    }

    public async Task Check(HttpContext http)
    {
        var body = await JsonBody.ReadAsync<TakeBody>(http, MaxBody);
        if (body is null)
            return;
        if (FactsReader.FromBody(http.Request, body, leastCost: 0, out var facts) is { } complaint)
        {
            await Problems.Refuse(http, complaint);
            return;
        }

        await answers.Decision(http, await DecideAsync(facts, spend: false));
    }

    /// <summary>Null when the idempotency key stands for another request.</summary>
    private async ValueTask<Decision?> TakeOnceAsync(RequestFacts facts, string key)
    {
        long began = time.GetTimestamp();
        var decision = await limiter.TakeAsync(facts, key);
        if (decision is { } decided)
            telemetry.Record(facts, decided, spend: true, time.GetElapsedTime(began));
        return decision;
    }

    /// <summary>Takes or checks, and counts the decision.</summary>
    /// <remarks>Nearly all of a decision that Redis makes is waiting, and each layer that waits is resumed by itself: so there is no other between this and the path.</remarks>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Decision> DecideAsync(RequestFacts facts, bool spend)
    {
        long began = time.GetTimestamp();
        // Not cancelled with the request: the answer is due within the deadline, and a take given up half-way is still spent.
        var decision = await (spend ? limiter.TakeAsync(facts) : limiter.CheckAsync(facts));
        telemetry.Record(facts, decision, spend, time.GetElapsedTime(began));
        return decision;
    }
}
