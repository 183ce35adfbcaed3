namespace Weir.Server;

/// <summary>Serves <c>POST /json</c> as the reference implementation does: 200, 429, 400; 503 if undecided.</summary>
internal sealed class EnvoyJsonEndpoint(EnvoyRuling ruling)
{
    public const string Path = "/json";

    /// <summary>Maximum length of a body.</summary>
    public const int MaxBody = 64 * 1024;

    public static void Map(WebApplication app)
    {
        if (app.Services.GetService<EnvoyJsonEndpoint>() is { } endpoint)
            app.MapPost(Path, (RequestDelegate)endpoint.Answer).WithMetadata(Access.ToTake).ExcludeFromDescription();
    }

    private async Task Answer(HttpContext http)
    {
        var body = await JsonBody.ReadAsync(http, MaxBody, EnvoyRequestReader.Parse);
        if (body is null)
            return;
        string domain = body.Domain ?? "";
        var complaint = EnvoyRequestReader.Descriptors(body, out var descriptors)
            ?? (Caller.TenantOf(http) is { } own && own != EnvoyTenant.Of(domain) ? FactsReader.OtherTenant : null);
        if (complaint is not null)
        {
            await Problems.Refuse(http, complaint);
            return;
        }

        var answer = await ruling.DecideAsync(domain, descriptors, body.HitsAddend ?? body.OriginalHitsAddend ?? 0);
        await (answer.Complaint is { } wrong ? Problems.BadRequest(http, wrong)
            : answer.IsUnavailable ? Problems.ReducedCapacity(http)
            : Problems.Write(
                http, answer.Code == EnvoyCode.Ok ? StatusCodes.Status200OK : StatusCodes.Status429TooManyRequests,
                BodyOf(answer), EnvoyJson.Default.EnvoyAnswerBody, DecisionAnswers.Json));
    }

    private static EnvoyAnswerBody BodyOf(EnvoyAnswer answer) =>
        new(Spell(answer.Code), [.. answer.Statuses.Select(BodyOf)]);

    private static EnvoyStatusBody BodyOf(EnvoyStatus status)
    {
        var limit = status.Limit is { } given ? BodyOf(given) : null;
        string? wait = status.SecondsLeft is { } seconds ? $"{seconds}s" : null;
        return new EnvoyStatusBody(Spell(status.Code), limit, status.Remaining, wait);
    }

    private static EnvoyLimitBody BodyOf(EnvoyLimit limit) => new(
        limit.Name.Length > 0 ? limit.Name : null, limit.RequestsPerUnit, limit.Unit.ToString().ToUpperInvariant());

    private static string Spell(EnvoyCode code) => code == EnvoyCode.Ok ? "OK" : "OVER_LIMIT";
}
