namespace Weir.Server;

internal sealed class DecisionEndpoints(Decider decider, DecisionAnswers answers)
{
    /// <summary>Maximum bytes of a body; a key, a tenant and all attributes fit even if fully escaped.</summary>
    public const int MaxBody = 64 * 1024;

    public async Task CheckByQuery(HttpContext http)
    {
        if (FactsReader.FromQuery(http.Request, leastCost: 0, out var facts) is { } complaint)
            await Problems.Refuse(http, complaint);
        else
            await answers.Seed(http, await decider.DecideAsync(facts, spend: false), StatusCodes.Status200OK);
    }

    public Task Increment(HttpContext http) => TakeAsync(http, isSeed: true);

    public Task Take(HttpContext http) => TakeAsync(http, isSeed: false);

    public Task Refund(HttpContext http) => ChargeAsync(http, givesBack: true);

    public Task Charge(HttpContext http) => ChargeAsync(http, givesBack: false);

    private async Task ChargeAsync(HttpContext http, bool givesBack)
    {
        var body = await JsonBody.ReadAsync<TakeBody>(http, MaxBody);
        if (body is null)
            return;
        if ((FactsReader.FromBody(http.Request, body, leastCost: 1, out var facts) ?? IdempotencyKey.Complaint(http)) is { } complaint)
            await Problems.Refuse(http, complaint);
        else
        {
            string? once = IdempotencyKey.Of(http);
            await answers.Decision(
                http, await (givesBack ? decider.RefundAsync(facts, once) : decider.ChargeAsync(facts, once)));
        }
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

        await answers.Decision(http, await decider.DecideAsync(facts, spend: false));
    }

    private Task TakeAsync(HttpContext http, bool isSeed)
    {
        var reading = JsonBody.ReadAsync<TakeBody>(http, MaxBody);
        return reading.IsCompletedSuccessfully ? TakeAsync(http, reading.Result, isSeed) : TakeAsync(http, reading, isSeed);
    }

    private async Task TakeAsync(HttpContext http, ValueTask<TakeBody?> reading, bool isSeed) =>
        await TakeAsync(http, await reading, isSeed);

    private Task TakeAsync(HttpContext http, TakeBody? body, bool isSeed)
    {
        if (body is null)
            return Task.CompletedTask;
        if ((FactsReader.FromBody(http.Request, body, leastCost: 1, out var facts) ?? IdempotencyKey.Complaint(http)) is { } complaint)
            return Problems.Refuse(http, complaint);
        if (IdempotencyKey.Of(http) is { } key)
            return TakeOnceAsync(http, facts, key, isSeed);
        return decider.Begin(facts, spend: true, out long began, out var decision) is { } pending
            ? EndAsync(http, pending, began, isSeed)
            : AnswerAsync(http, decision, isSeed);
    }

    /// <summary>Awaits the decision even if the client disconnects, because an abandoned take is still spent.</summary>
    /// <remarks>Every waiting take allocates this async state machine, so it has few locals.</remarks>
    private async Task EndAsync(HttpContext http, PendingResult pending, long began, bool isSeed)
    {
        await pending.Arrival;
        await AnswerAsync(http, decider.End(pending, spend: true, began), isSeed);
    }

    private async Task TakeOnceAsync(HttpContext http, RequestFacts facts, string key, bool isSeed)
    {
        if (await decider.TakeOnceAsync(facts, key) is { } decision)
            await AnswerAsync(http, decision, isSeed);
        else
            await Problems.OtherRequest(http);
    }

    private Task AnswerAsync(HttpContext http, in Decision decision, bool isSeed) => isSeed
        ? answers.Seed(http, decision, StatusCodes.Status429TooManyRequests)
        : answers.Take(http, decision);
}
