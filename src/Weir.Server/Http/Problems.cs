using System.Buffers;
using System.Collections.Frozen;
using System.Text.Json.Serialization.Metadata;

namespace Weir.Server;

internal static class Problems
{
    public const string ContentType = "application/problem+json";

    /// <summary>Problem type of an exceeded quota (draft-ietf-httpapi-ratelimit-headers-11).</summary>
    public const string QuotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded";

    public const string TemporaryReducedCapacity = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";

    public const string AnswersFull = "urn:weir:problem:answers-full";

    /// <summary>Retry time for requests that cannot be decided now. The true time is unknown.</summary>
    public static readonly TimeSpan OutagePatience = TimeSpan.FromSeconds(1);

    private const string NoType = "about:blank";

    public static Task BadRequest(
        HttpContext http, Complaint complaint, int status = StatusCodes.Status400BadRequest) =>
        Write(http, new ProblemBody(NoType, "The request is not valid", status, complaint.Message, complaint.Field));

    public static Task TooLarge(HttpContext http, int limit) => Write(http, new ProblemBody(
        NoType, "The body is too large", StatusCodes.Status413PayloadTooLarge, $"the body may hold {limit} bytes at most", "body"));

    public static Task WrongMediaType(HttpContext http, IReadOnlyList<string> types) => types is ["application/json"] ? WrongMediaType(http) : Write(http, new ProblemBody(
        NoType, "The media type is not supported", StatusCodes.Status415UnsupportedMediaType, $"send it with the header Content-Type: {string.Join(" or ", types.Take(2))}", "Content-Type"));

    public static Task Unauthorized(HttpContext http)
    {
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return Write(http, new ProblemBody(
            NoType, "No valid key", StatusCodes.Status401Unauthorized, "send exactly one valid key in the header Authorization: Bearer KEY", "Authorization"));
    }

    public static Task Forbidden(HttpContext http) => Write(http, new ProblemBody(
        NoType, "The key does not open this", StatusCodes.Status403Forbidden, "this key may take, but not administrate: send one of the scope admin", "Authorization"));

    /// <summary>Answers 503 until live keys have been read, because the key may be valid.</summary>
    public static Task KeysUnknown(HttpContext http)
    {
        http.Response.Headers.RetryAfter = Spelling.Seconds(OutagePatience).ToString();
        return Write(http, new ProblemBody(
            TemporaryReducedCapacity, "Keys cannot be looked up yet", StatusCodes.Status503ServiceUnavailable,
            "this instance has not reached the store of keys since its start, and knows only those of its configuration: try again shortly", "Authorization"));
    }

    public static Task TooManyFailures(HttpContext http, TimeSpan retryAfter)
    {
        http.Response.Headers.RetryAfter = Spelling.Seconds(retryAfter).ToString();
        return Write(http, new ProblemBody(
            NoType, "Too many wrong keys", StatusCodes.Status429TooManyRequests, "wrong keys came from this address too often: a right one is let through at once", "Authorization"));
    }

    /// <summary>Answers 404 if the tenant is hidden from the caller, or else 400.</summary>
    public static Task Refuse(HttpContext http, Complaint complaint) => Refuse(http, complaint, StatusOf(complaint));

    public static Task Refuse(HttpContext http, Complaint complaint, int status) =>
        IsOfOtherTenant(complaint) ? NotFound(http, status) : BadRequest(http, complaint, status);

    public static int StatusOf(Complaint complaint) =>
        IsOfOtherTenant(complaint) ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest;

    private static bool IsOfOtherTenant(Complaint complaint) => ReferenceEquals(complaint, FactsReader.OtherTenant);

    public static Task KeyOfConfiguration(HttpContext http) => Write(http, new ProblemBody(
        NoType, "The key is in the configuration", StatusCodes.Status409Conflict, "this key is revoked by taking it out of Weir:Auth:Keys and starting again", "id"));

    public static Task OtherVersion(HttpContext http, long version) => Write(http, new ProblemBody(
        NoType, "It has changed meanwhile", StatusCodes.Status412PreconditionFailed,
        version == 0
            ? "there is nothing of it yet: send your change without If-Match to make it"
            : $"what is there now is version {version}: read it again, and send your change with its ETag",
        "If-Match"));

    public static Task WrongMediaType(HttpContext http) => Write(http, new ProblemBody(
        NoType, "The media type is not supported", StatusCodes.Status415UnsupportedMediaType, "send JSON in UTF-8, with the header Content-Type: application/json", "Content-Type"));

    public static Task WrongEncoding(HttpContext http) => Write(http, new ProblemBody(
        NoType, "The content encoding is not supported", StatusCodes.Status415UnsupportedMediaType, "send the body as it is, without Content-Encoding", "Content-Encoding"));

    /// <summary>Common health paths of other programs. The 404 for these paths names Weir's own.</summary>
    private static readonly FrozenSet<string> OthersHealth = FrozenSet.ToFrozenSet(
        ["/health", "/healthz", "/healthcheck", "/health/live", "/health/ready", "/health/startup", "/live", "/ready", "/ping", "/status", "/up"], StringComparer.OrdinalIgnoreCase);

    public static Task NotFound(HttpContext http) => NotFound(http, StatusCodes.Status404NotFound);

    private static Task NotFound(HttpContext http, int status) => Write(http, new ProblemBody(
        NoType, "Not found", status, OthersHealth.Contains(http.Request.Path.Value ?? "")
            ? "health is at /livez (alive) and /readyz (how it decides)"
            : "there is nothing here; /openapi/v1.json lists what there is"));

    public static Task TopIsOff(HttpContext http) => Write(http, new ProblemBody(
        NoType, "Not found", StatusCodes.Status404NotFound, "top keys are not counted here: start with the setting Weir:Top:Enabled=true"));

    public static Task NoReservation(HttpContext http) => Write(http, new ProblemBody(
        NoType, "Not found", StatusCodes.Status404NotFound, "there is no such reservation (any more): what is not settled in time stays spent", "id"));

    public static Task SettledOtherwise(HttpContext http) => Write(http, new ProblemBody(
        NoType, "The reservation is settled", StatusCodes.Status409Conflict, "this reservation has been settled before, by another cost or by cancelling it: nothing was changed", "id"));

    public static Task OtherRequest(HttpContext http) => Write(http, new ProblemBody(
        NoType, "The idempotency key is taken", StatusCodes.Status409Conflict,
        "this key stands for another request, or for a reservation that has been settled: send a new key with a new request", IdempotencyKey.Header));

    public static Task WrongMethod(HttpContext http, string allowed)
    {
        http.Response.Headers.Allow = allowed;
        return Write(http, new ProblemBody(
            NoType, "The method is not allowed", StatusCodes.Status405MethodNotAllowed, $"this path answers to {allowed}"));
    }

    /// <summary>Answers 503 if no store can decide, read or make a change.</summary>
    public static Task ReducedCapacity(HttpContext http)
    {
        http.Response.Headers.RetryAfter = Spelling.Seconds(OutagePatience).ToString();
        return Write(http, new ProblemBody(
            TemporaryReducedCapacity,
            DoesAdministrate(http) ? "The store does not answer" : "Capacity is temporarily reduced",
            StatusCodes.Status503ServiceUnavailable,
            DoesAdministrate(http) ? AwayFor(http.Request.Method) : "no decision can be made at the moment; nothing says that a quota was exceeded, so try again shortly"));
    }

    private static bool DoesAdministrate(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<Access>()?.Scope == KeyScope.Admin;

    private static string AwayFor(string method) => HttpMethods.IsGet(method)
        ? "this is read from the store, which does not answer: try again when it does"
        : "the change is not known to be made, since the store does not answer: when it does, see whether it holds, and if not send it again";

    public static Task Write<T>(HttpContext http, int status, T body, JsonTypeInfo<T> type, string contentType)
    {
        var json = JsonText.Of(body, type);
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = json.Length;
        http.Response.BodyWriter.Write(json);
        // Flush before the request ends: otherwise, the server drops the answer to an incomplete body.
        var flushing = http.Response.BodyWriter.FlushAsync();
        return flushing.IsCompletedSuccessfully ? Task.CompletedTask : flushing.AsTask();
    }

    private static Task Write(HttpContext http, ProblemBody problem) =>
        Write(http, problem.Status, problem, WireJson.Default.ProblemBody, ContentType);
}
