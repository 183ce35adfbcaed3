using System.Buffers;

namespace Weir.Server;

internal sealed class DecisionAnswers(RateLimitHeaders headers, TimeProvider time)
{
    public const string Json = "application/json";

    /// <summary>Answers a <c>/limit</c> request. A null decision means a conflict of idempotency keys.</summary>
    public Task Seed(HttpContext http, Decision? decided, int refused)
    {
        if (decided is not { } decision)
            return Problems.OtherRequest(http);
        if (decision.Outcome == DecisionOutcome.Unavailable)
            return Problems.ReducedCapacity(http);
        if (decision.Outcome == DecisionOutcome.AnswersFull)
            return Refusal(http, decision);
        headers.Write(http.Response, decision, time);
        http.Response.StatusCode = decision.Allowed ? StatusCodes.Status200OK : refused;
        return Write(http, JsonText.Of(Spelling.Seed(decision, time), WireJson.Default.SeedBody));
    }

    public Task Take(HttpContext http, Decision? decided)
    {
        if (decided is not { } decision || decision.Outcome is DecisionOutcome.Allowed or DecisionOutcome.Unavailable)
            return Decision(http, decided);
        return Refusal(http, decision);
    }

    public Task Decision(HttpContext http, Decision? decided)
    {
        if (decided is not { } decision)
            return Problems.OtherRequest(http);
        // Write no headers: without a decision, the state of the bucket is unknown.
        if (decision.Outcome == DecisionOutcome.Unavailable)
            return Problems.ReducedCapacity(http);
        if (decision.Outcome == DecisionOutcome.AnswersFull)
            return Refusal(http, decision);
        headers.Write(http.Response, decision, time);
        return Write(http, JsonText.Of(Spelling.Body(decision), WireJson.Default.DecisionBody));
    }

    public Task Reserved(HttpContext http, string id, Decision decision)
    {
        headers.Write(http.Response, decision, time);
        http.Response.Headers.Location = $"/v1/reservations/{id}";
        return Problems.Write(http, StatusCodes.Status201Created, new ReservedBody(id, Spelling.Body(decision)), WireJson.Default.ReservedBody, Json);
    }

    /// <summary>Answers with a status and headers only. The decision must not be a refusal.</summary>
    public Task Authorized(HttpContext http, in Decision decision)
    {
        if (decision.Outcome == DecisionOutcome.Unavailable)
            return Problems.ReducedCapacity(http);
        headers.Write(http.Response, decision, time);
        http.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    /// <summary>Answers a refusal as a problem, by default with status 429.</summary>
    public Task Refusal(
        HttpContext http, in Decision decision, int status = StatusCodes.Status429TooManyRequests)
    {
        headers.Write(http.Response, decision, time);
        bool isByAnswers = decision.Outcome == DecisionOutcome.AnswersFull;
        var refusal = new RefusalBody(Spelling.Body(decision), DetailOf(decision), isByAnswers) { Status = status };
        return Problems.Write(http, status, refusal, WireJson.Default.RefusalBody, Problems.ContentType);
    }

    public static string DetailOf(in Decision decision)
    {
        if (decision.Reason is { } reason)
        {
            return decision.Outcome switch
            {
                DecisionOutcome.Blocked => $"this key is blocked: {reason}",
                DecisionOutcome.AnswersFull => $"{reason}: nothing was spent, so try again in a minute, "
                    + "or without Idempotency-Key; a reservation needs room",
                _ => reason,
            };
        }

        var limit = decision.Limit!;
        if (decision.RetryAfter is { } retry)
        {
            string tokens = Spelling.UnitOf(limit) ?? "tokens";
            return $"the limit {limit.Name} of plan {decision.Plan.Name} has {decision.Remaining} {tokens} left; "
                + $"try again in {Spelling.Milliseconds(retry)} ms";
        }

        if (limit.Quota.Capacity == 0)
            return $"the limit {limit.Name} of plan {decision.Plan.Name} bans such requests";
        string times = limit.Cost == 1 ? "" : $", times {limit.Cost},";
        string unit = Spelling.UnitOf(limit) is { } named ? $" in {named}" : "";
        return $"the cost{unit}{times} is above the capacity of {limit.Quota.Capacity} of the limit {limit.Name}: "
            + "it can never be allowed, so send a lower cost";
    }

    private static Task Write(HttpContext http, ReadOnlySpan<byte> json)
    {
        http.Response.ContentType = Json;
        http.Response.ContentLength = json.Length;
        // Skip the flush: the server sends the body with the headers when the request ends.
        http.Response.BodyWriter.Write(json);
        return Task.CompletedTask;
    }
}
