namespace Weir.Server;

// /v1/authorize, the door for subrequests of proxies: a take whose facts come from the proxy's headers. The body, if
// there is one, is not read.
internal sealed class AuthorizeEndpoint(
    AuthorizeReader reader, Decider decider, DecisionAnswers answers, WeirOptions options)
{
    public const string Path = "/v1/authorize";

    /// <summary>The true status of a refusal, if <c>Weir:Authorize:RefusedStatus</c> replaces it.</summary>
    private const string StatusHeader = "X-Weir-Status";

    public Task Answer(HttpContext http)
    {
        // Envoy and Caddy send the client's own query; without a client's URI, a query is a mistake.
        if (OriginalRequest.UriTextOf(http) is null && QueryRule.None.Complaint(http.Request) is { } ofQuery)
            return Problems.BadRequest(http, ofQuery);
        if (reader.Read(http, out var facts) is { } complaint)
            return Problems.Refuse(http, complaint, StatusInsteadOf(http, Problems.StatusOf(complaint)));
        return decider.Begin(facts, spend: true, out long began, out var decision) is { } pending
            ? EndAsync(http, pending, began)
            : AnswerAsync(http, decision);
    }

    private async Task EndAsync(HttpContext http, PendingResult pending, long began)
    {
        await pending.Arrival;
        await AnswerAsync(http, decider.End(pending, spend: true, began));
    }

    private Task AnswerAsync(HttpContext http, in Decision decision)
    {
        if (decision.Outcome is DecisionOutcome.Allowed or DecisionOutcome.Unavailable)
            return answers.Authorized(http, decision);
        return answers.Refusal(http, decision, StatusInsteadOf(http, StatusCodes.Status429TooManyRequests));
    }

    // The status to refuse by. nginx passes on 401 and 403 alone, and makes an error of its own of any other.
    private int StatusInsteadOf(HttpContext http, int status)
    {
        int refused = options.Authorize.RefusedStatus;
        if (refused == StatusCodes.Status429TooManyRequests)
            return status;
        http.Response.Headers[StatusHeader] = status.ToString();
        return refused;
    }
}
