using Microsoft.AspNetCore.Http.Features;

namespace Weir.Server;

// Serves /v1/authorize for subrequests of proxies: a take with facts from the proxy's headers. Ignores the body.
internal sealed class AuthorizeEndpoint(
    AuthorizeReader reader, Decider decider, DecisionAnswers answers, WeirOptions options)
{
    public const string Path = "/v1/authorize";

    private static readonly Complaint LeadsElsewhere = new(
        "path", $"the path leads out of {Path} by dot segments; make the proxy normalize paths, or send the original "
            + "path in X-Forwarded-Uri");

    /// <summary>Header with the original status of a refusal, if a setting replaces the status.</summary>
    private const string StatusHeader = "X-Weir-Status";

    /// <summary>Returns an error if dot segments lead to another path, whose 200 would mean "allowed".</summary>
    public static Complaint? ComplaintOfPath(HttpContext http)
    {
        string target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return target.StartsWith(Path, StringComparison.OrdinalIgnoreCase)
            && target.AsSpan(Path.Length) is ['/' or '?', ..] && !http.Request.Path.StartsWithSegments(Path)
                ? LeadsElsewhere : null;
    }

    public Task Answer(HttpContext http)
    {
        // Refuse query parameters unless there is an original URI: Envoy and Caddy append the client's query.
        if (OriginalRequest.UriTextOf(http) is null && QueryRule.None.Complaint(http.Request) is { } ofQuery)
            return Problems.BadRequest(http, ofQuery, StatusInsteadOf(http, StatusCodes.Status400BadRequest));
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

    // Returns the status of a refusal, or the configured one instead: nginx forwards only 401 and 403.
    private int StatusInsteadOf(HttpContext http, int status)
    {
        int refused = options.Authorize.RefusedStatus;
        if (refused == StatusCodes.Status429TooManyRequests)
            return status;
        http.Response.Headers[StatusHeader] = status.ToString();
        return refused;
    }
}
