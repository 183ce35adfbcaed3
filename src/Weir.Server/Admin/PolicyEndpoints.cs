using System.Globalization;

namespace Weir.Server;

internal sealed class PolicyEndpoints(LiveData live, LivePolicies policies, LiveChanges changes)
{
    internal const string Yaml = "application/yaml";
    internal static readonly string[] DocumentTypes = [Yaml, "application/json", "text/yaml", "application/x-yaml"];
    private const string NoDocument = "no live document is in place of the policy file, which holds already";

    public async Task GetDocument(HttpContext http)
    {
        var entry = live.Find(LiveKind.Policies, "");
        string text = entry?.Value ?? policies.FileText;
        http.Response.Headers.ETag = Tag(entry?.Version ?? 0);
        http.Response.ContentType = Yaml;
        await http.Response.WriteAsync(text);
    }

    public async Task PutDocument(HttpContext http)
    {
        if (await TextBody.ReadAsync(http, DocumentTypes, PolicyDocument.MaxBytes) is { } text)
            await changes.WriteDocumentAsync(http, LiveKind.Policies, text, "");
    }

    public Task DeleteDocument(HttpContext http) => changes.WriteDocumentAsync(http, LiveKind.Policies, null, NoDocument);

    public async Task Validate(HttpContext http)
    {
        if (await TextBody.ReadAsync(http, DocumentTypes, PolicyDocument.MaxBytes) is not { } text)
            return;
        var errors = changes.ErrorsOf(LiveKind.Policies, "", text);
        await (errors.Count > 0 ? AdminAnswers.Refused(http, errors) : AdminAnswers.Ok(http, new ValidBody(true), WireJson.Default.ValidBody));
    }

    public async Task Rollback(HttpContext http)
    {
        if (await JsonBody.ReadAsync<RollbackBody>(http, DecisionEndpoints.MaxBody) is not { } body)
            return;
        if (body.Version is not > 0)
            await Problems.BadRequest(http, new Complaint("version", "version must be given, as a whole number that /admin/audit lists"));
        else if (await live.Store.RecallAsync(body.Version.Value) is not { } entry)
            await NotRecalled(http, $"version {body.Version} is not remembered (any more); /admin/audit lists the changes, the last {LiveBounds.MaxTexts} of which have their texts");
        else if (entry.Kind == LiveKind.Key)
            await Problems.BadRequest(http, new Complaint("version", $"version {body.Version} is about the API key {entry.Id}, and keys do not go back, since one that was revoked would open again: create or revoke one by /admin/keys"));
        else
            await PutAgainAsync(http, entry);
    }

    /// <summary>Answers 400 for an unknown version, or 503 if the store does not answer.</summary>
    private async Task NotRecalled(HttpContext http, string complaint) =>
        await (await live.Store.AuditAsync(0, 1) is null ? Problems.ReducedCapacity(http) : Problems.BadRequest(http, new Complaint("version", complaint)));

    public async Task Audit(HttpContext http)
    {
        var complaint = Paging.Read(http, out var page, "before");
        long before = long.MaxValue;
        if (complaint is null && page.After.Length > 0 && !long.TryParse(page.After, NumberStyles.None, CultureInfo.InvariantCulture, out before))
            complaint = new Complaint("before", "before must be a version: a whole number");
        if (complaint is not null)
            await Problems.BadRequest(http, complaint);
        else if (await live.Store.AuditAsync(before, page.Limit + 1) is { } changes)
            await AdminAnswers.Ok(http, BodyOf(page, changes), WireJson.Default.AuditBody);
        else
            await Problems.ReducedCapacity(http);
    }

    private static AuditBody BodyOf(Paging page, IReadOnlyList<LiveChange> changes)
    {
        var (listed, next) = page.Cut(changes, change => change.Version.ToString(CultureInfo.InvariantCulture));
        return new AuditBody([.. listed.Select(BodyOf)], next is null ? null : listed[^1].Version);
    }

    private static ChangeBody BodyOf(LiveChange change) => new(change.Version, change.Kind, change.Id, change.Before, change.Deleted, change.Who, change.At);

    private async Task PutAgainAsync(HttpContext http, LiveEntry entry)
    {
        if (!LiveChanges.TryReadIfMatch(http.Request, out long? expected))
            await LiveChanges.BadIfMatch(http);
        else
            await AdminAnswers.Written(
                http, await changes.EditAsync(http, entry.Kind, entry.Id, entry.Value, expected, () => changes.VersionOf(entry.Kind, entry.Id)), entry.Value is null,
                $"version {entry.Version} deleted something that is not there now either");
    }

    internal static string Tag(long version) => $"\"{version}\"";
}
