using System.Globalization;
using System.Text.Json;

namespace Weir.Server;

/// <summary>The live policies: the document, the tenants, and who changed what.</summary>
internal sealed class PolicyEndpoints(LiveData live, LivePolicies policies, WeirOptions options)
{
    private const string Yaml = "application/yaml";
    internal static readonly string[] DocumentTypes = [Yaml, "application/json", "text/yaml", "application/x-yaml"];
    private static readonly string[] TenantTypes = ["application/json"];

    public async Task GetDocument(HttpContext http)
    {
        var entry = live.Find(LiveKind.Policies, "");
        string text = entry?.Value ?? await File.ReadAllTextAsync(Service.PolicyFileOf(options));
        http.Response.Headers.ETag = Tag(entry?.Version ?? 0);
        http.Response.ContentType = Yaml;
        await http.Response.WriteAsync(text);
    }

    public async Task PutDocument(HttpContext http)
    {
        if (await TextBody.ReadAsync(http, DocumentTypes, PolicyDocument.MaxBytes) is not { } text)
            return;
        var errors = Try(text);
        if (errors.Count > 0)
            await AdminAnswers.Refused(http, errors);
        else
            await Write(http, LiveKind.Policies, "", text);
    }

    public Task DeleteDocument(HttpContext http) => Write(http, LiveKind.Policies, "", null);

    public async Task Validate(HttpContext http)
    {
        if (await TextBody.ReadAsync(http, DocumentTypes, PolicyDocument.MaxBytes) is not { } text)
            return;
        var errors = Try(text);
        await (errors.Count > 0 ? AdminAnswers.Refused(http, errors) : AdminAnswers.Ok(http, new ValidBody(true), WireJson.Default.ValidBody));
    }

    /// <summary>Puts the text of an earlier version again. What that version was about is what is changed.</summary>
    public async Task Rollback(HttpContext http)
    {
        if (await JsonBody.ReadAsync(http, WireJson.Default.RollbackBody, DecisionEndpoints.MaxBody) is not { } body)
            return;
        if (body.Version is not > 0)
            await Problems.BadRequest(http, new Complaint("version", "version must be given, as a whole number that /admin/audit lists"));
        else if (await live.Store.RecallAsync(body.Version.Value) is not { } entry)
            await Problems.BadRequest(http, new Complaint("version", $"version {body.Version} is not remembered (any more); /admin/audit lists the changes, the last {LiveBounds.MaxTexts} of which have their texts"));
        else if (entry.Kind == LiveKind.Key)
            await Problems.BadRequest(http, new Complaint("version", $"version {body.Version} is about the API key {entry.Id}, and keys do not go back, since one that was revoked would open again: create or revoke one by /admin/keys"));
        else if (ErrorsOf(entry) is { Count: > 0 } errors)
            await AdminAnswers.Refused(http, errors);
        else
            await Write(http, entry.Kind, entry.Id, entry.Value);
    }

    public Task GetTenant(HttpContext http)
    {
        if (TenantOf(http) is not { } tenant)
            return Problems.NotFound(http);
        var entry = live.Find(LiveKind.Tenant, tenant);
        http.Response.Headers.ETag = Tag(entry?.Version ?? 0);
        return AdminAnswers.Ok(http, Describe(tenant, entry), WireJson.Default.TenantBody);
    }

    public async Task PutTenant(HttpContext http)
    {
        if (TenantOf(http) is not { } tenant)
        {
            await Problems.BadRequest(http, new Complaint("id", $"the tenant in the path must be {Bounds.NameRule}"));
            return;
        }

        if (await TextBody.ReadAsync(http, TenantTypes, LiveBounds.MaxValue) is not { } text)
            return;
        var errors = policies.TryTenant(tenant, text);
        if (errors.Count > 0)
            await AdminAnswers.Refused(http, errors);
        else
            await Write(http, LiveKind.Tenant, tenant, text);
    }

    public Task DeleteTenant(HttpContext http) => TenantOf(http) is { } tenant ? Write(http, LiveKind.Tenant, tenant, null) : Problems.NotFound(http);

    public Task ListTenants(HttpContext http)
    {
        string after = http.Request.Query["after"].ToString();
        if (!Paging.TryReadLimit(http, out int limit))
            return Problems.BadRequest(http, Paging.BadLimit);
        var page = live.All(LiveKind.Tenant).Where(entry => string.CompareOrdinal(entry.Id, after) > 0).Take(limit + 1).ToList();
        var body = new TenantsBody([.. page.Take(limit).Select(entry => Describe(entry.Id, entry))], page.Count > limit ? page[limit - 1].Id : null);
        return AdminAnswers.Ok(http, body, WireJson.Default.TenantsBody);
    }

    public async Task Audit(HttpContext http)
    {
        if (!Paging.TryReadLimit(http, out int limit))
        {
            await Problems.BadRequest(http, Paging.BadLimit);
            return;
        }

        long before = long.MaxValue;
        if (http.Request.Query["before"].ToString() is { Length: > 0 } text && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out before))
        {
            await Problems.BadRequest(http, new Complaint("before", "before must be a version: a whole number"));
            return;
        }

        if (await live.Store.AuditAsync(before, limit) is not { } changes)
            await Problems.ReducedCapacity(http);
        else
            await AdminAnswers.Ok(http, new AuditBody([.. changes.Select(BodyOf)]), WireJson.Default.AuditBody);
    }

    private static ChangeBody BodyOf(LiveChange change) => new(change.Version, change.Kind, change.Id, change.Before, change.Deleted, change.Who, change.At);

    private IReadOnlyList<PolicyError> Try(string text) =>
        PolicyDocument.TryParse(text, "policies", out var document, out var errors) ? policies.Try(document) : errors;

    private IReadOnlyList<PolicyError> ErrorsOf(LiveEntry entry) => (entry.Kind, entry.Value) switch
    {
        (_, null) => [],
        (LiveKind.Policies, _) => Try(entry.Value),
        (LiveKind.Tenant, _) => policies.TryTenant(entry.Id, entry.Value),
        _ => [],
    };

    private Task Write(HttpContext http, string kind, string id, string? text) => Write(http, live, kind, id, text);

    /// <summary>Changes an entry, if it is of the version that the request wants it to be.</summary>
    internal static async Task Write(HttpContext http, LiveData live, string kind, string id, string? text)
    {
        if (!TryReadIfMatch(http.Request, out long? expected))
        {
            await BadIfMatch(http);
            return;
        }

        var written = await live.WriteAsync(kind, id, text, Caller.WhoOf(http), expected);
        await AdminAnswers.Written(http, written, deleted: text is null);
    }

    internal static Task BadIfMatch(HttpContext http) =>
        Problems.BadRequest(http, new Complaint("If-Match", "If-Match must be the ETag that a GET gave, such as \"7\", or *"));

    internal static bool TryReadIfMatch(HttpRequest request, out long? expected)
    {
        expected = null;
        string text = request.Headers.IfMatch.ToString();
        if (text.Length == 0 || text == "*")
            return true;
        bool isTag = long.TryParse(text.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out long version);
        expected = version;
        return isTag;
    }

    private TenantBody Describe(string tenant, LiveEntry? entry)
    {
        var set = policies.Current;
        return new TenantBody(
            tenant, set.PlanOf(tenant).Name, Explanations.PlanFrom(set, tenant), entry?.Version,
            entry?.Value is { } text ? JsonDocument.Parse(text).RootElement : null);
    }

    private static string? TenantOf(HttpContext http) => http.Request.RouteValues["id"] is string id && Bounds.IsTenant(id) ? id : null;

    internal static string Tag(long version) => $"\"{version}\"";
}
