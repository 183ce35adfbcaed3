using Microsoft.AspNetCore.Http.Features;

namespace Weir.Server;

internal static class AdminRoutes
{
    private const string Json = "application/json";

    private static readonly QueryParameter Limit = new("limit", "How many to list: 1 to 1000. 100 by default.", IsNumber: true);

    public static void Map(WebApplication app)
    {
        var group = app.MapGroup("/admin").WithTags("Admin").Requiring(Access.ToAdmin);
        group.AddEndpointFilter((context, next) => HasDotSegment(context.HttpContext) ? DotSegment(context.HttpContext) : next(context));
        MapPolicies(group, app.Services.GetRequiredService<PolicyEndpoints>());
        MapTenants(group, app.Services.GetRequiredService<TenantEndpoints>());
        MapKeyLimits(group, app.Services.GetRequiredService<KeyLimitEndpoints>());
        MapKeys(group, app.Services.GetRequiredService<KeyEndpoints>());
        MapCandidate(group, app.Services.GetRequiredService<CandidateEndpoints>());
        MapApiKeys(group, app.Services.GetRequiredService<ApiKeyEndpoints>());
        group.MapGet("/top", (Delegate)app.Services.GetRequiredService<TopEndpoints>().Get)
            .WithName("top").WithSummary("The keys of a tenant, or the tenants, that are refused and allowed most often.")
            .Taking(
                new("tenant", $"Whose keys to list: {Bounds.NameRule}. Without it, tenants are listed."),
                new("which", "denied or allowed; both without it."),
                new("unit", "A unit, such as tokens: lists who spent most of it, or was refused most. Takes are counted without it."),
                new("after", "What next said, sent with which: it continues one list. Left out for the first page."),
                new("limit", "How many to list: 1 to 1000. 20 by default.", IsNumber: true))
            .Produces<TopBody>().WithProblems();
    }

    /// <summary>True if the path has a segment <c>.</c> or <c>..</c>, escaped or not. The server resolves it.</summary>
    private static bool HasDotSegment(HttpContext http) =>
        http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?', 2)[0].Split('/')
            .Any(segment => Uri.UnescapeDataString(segment) is "." or "..");

    private static async ValueTask<object?> DotSegment(HttpContext http)
    {
        await Problems.BadRequest(http, new Complaint("path", "the path has a segment . or .., which would be another path: a key of that name has no path here"));
        return Results.Empty;
    }

    private static void MapApiKeys(RouteGroupBuilder group, ApiKeyEndpoints keys)
    {
        group.MapGet("/keys", (Delegate)keys.List)
            .WithName("listApiKeys").WithSummary("The API keys, without their secrets.").Taking(After("key's id"), Limit)
            .Produces<ApiKeysBody>().ProducesProblems(StatusCodes.Status400BadRequest);
        group.MapPost("/keys", (Delegate)keys.Create)
            .WithName("createApiKey").WithSummary("Creates an API key. Its secret is in this answer and nowhere else.")
            .Accepts<NewKeyBody>(Json).Produces<CreatedKeyBody>(StatusCodes.Status201Created).WithBodyProblems();
        group.MapDelete("/keys/{id}", (Delegate)keys.Revoke).WithMetadata(new PathParameter("id", "The key's id."))
            .WithName("revokeApiKey").WithSummary("Revokes an API key, at all instances within a second.").Produces(StatusCodes.Status204NoContent)
            .ProducesProblems(StatusCodes.Status404NotFound, StatusCodes.Status409Conflict, StatusCodes.Status503ServiceUnavailable);
    }

    private static void MapPolicies(RouteGroupBuilder group, PolicyEndpoints policies)
    {
        group.MapGet("/policies", (Delegate)policies.GetDocument)
            .WithName("getPolicies").WithSummary("The policy document that decides now, with its ETag.").Produces<string>(StatusCodes.Status200OK, PolicyEndpoints.Yaml);
        group.MapPut("/policies", (Delegate)policies.PutDocument)
            .WithName("putPolicies").WithSummary("Puts a document in force, at all instances within a second.")
            .AcceptsDocument().Produces<VersionBody>().WithChangeProblems().WithBodyProblems();
        group.MapDelete("/policies", (Delegate)policies.DeleteDocument)
            .WithName("deletePolicies").WithSummary("Goes back to the policy file.").Produces<VersionBody>()
            .WithChangeProblems().ProducesProblems(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);
        group.MapPost("/policies:validate", (Delegate)policies.Validate)
            .WithName("validatePolicies").WithSummary("Lists everything that is wrong with a document. Changes nothing.")
            .AcceptsDocument().Produces<ValidBody>().WithBodyProblems();
        group.MapPost("/policies:rollback", (Delegate)policies.Rollback)
            .WithName("rollback").WithSummary("Puts the text of an earlier version in force again.")
            .Accepts<RollbackBody>(Json).Produces<VersionBody>().WithChangeProblems().WithBodyProblems();
        group.MapGet("/audit", (Delegate)policies.Audit)
            .WithName("audit").WithSummary("Who changed what and when, newest first.")
            .Taking(new("before", "Only changes before this version: the last version of the page before.", IsNumber: true), Limit)
            .Produces<AuditBody>().WithProblems();
    }

    private static void MapTenants(RouteGroupBuilder group, TenantEndpoints tenants)
    {
        var id = new PathParameter("id", $"The tenant: {Bounds.NameRule}.");
        group.MapGet("/tenants", (Delegate)tenants.List)
            .WithName("listTenants").WithSummary("Tenants with live data.").Taking(After("tenant"), Limit)
            .Produces<TenantsBody>().ProducesProblems(StatusCodes.Status400BadRequest);
        group.MapGet("/tenants/{id}", (Delegate)tenants.Get).WithMetadata(id)
            .WithName("getTenant").WithSummary("A tenant as it is now.").Produces<TenantBody>().ProducesProblems(StatusCodes.Status404NotFound);
        group.MapPut("/tenants/{id}", (Delegate)tenants.Put).WithMetadata(id)
            .WithName("putTenant").WithSummary("Gives a tenant a plan, other limits or none: for good, or with until as a boost over that.")
            .Accepts<LiveTenantBody>(Json).Produces<VersionBody>().WithChangeProblems().WithBodyProblems();
        group.MapDelete("/tenants/{id}", (Delegate)tenants.Delete).WithMetadata(id)
            .WithName("deleteTenant").WithSummary("Goes back to what the document says of the tenant.").Produces<VersionBody>()
            .WithChangeProblems().ProducesProblems(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);
    }

    private static void MapKeyLimits(RouteGroupBuilder group, KeyLimitEndpoints keys)
    {
        PathParameter id = new("id", $"The tenant: {Bounds.NameRule}."), key = new("key", "The key, percent-encoded.");
        group.MapGet("/tenants/{id}/keys", (Delegate)keys.List).WithMetadata(id)
            .WithName("listTenantKeys").WithSummary("The keys of a tenant that have live numbers of their own.").Taking(After("key"), Limit)
            .Produces<KeysBody>().ProducesProblems(StatusCodes.Status400BadRequest, StatusCodes.Status404NotFound);
        group.MapGet("/tenants/{id}/keys/{*key}", (Delegate)keys.Get).WithMetadata(id, key)
            .WithName("getTenantKey").WithSummary("The live numbers of one key.").Produces<KeyLimitsBody>().ProducesProblems(StatusCodes.Status404NotFound);
        group.MapPut("/tenants/{id}/keys/{*key}", (Delegate)keys.Put).WithMetadata(id, key)
            .WithName("putTenantKey").WithSummary("Gives one key of a tenant other numbers, for good or until a time.")
            .Accepts<LiveKeyBody>(Json).Produces<VersionBody>().WithChangeProblems().WithBodyProblems();
        group.MapDelete("/tenants/{id}/keys/{*key}", (Delegate)keys.Delete).WithMetadata(id, key)
            .WithName("deleteTenantKey").WithSummary("Goes back to the numbers of the tenant.").Produces<VersionBody>()
            .WithChangeProblems().ProducesProblems(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);
    }

    private static void MapKeys(RouteGroupBuilder group, KeyEndpoints keys)
    {
        QueryParameter[] bucket = [QueryParameter.Key, QueryParameter.Tenant, QueryParameter.Attribute, QueryParameter.Attributes];
        group.MapGet("/explain", (Delegate)keys.Explain)
            .WithName("explain").WithSummary("Says why a request gets what it gets. Spends nothing.")
            .Taking(QueryParameter.OfRequest)
            .Produces<ExplanationBody>().WithProblems();
        group.MapGet("/buckets", (Delegate)keys.GetBuckets)
            .WithName("getBuckets").WithSummary("The buckets of a request as they are now.").Taking(bucket).Produces<DecisionBody>().WithProblems();
        group.MapDelete("/buckets", (Delegate)keys.ResetBuckets)
            .WithName("resetBuckets").WithSummary("Makes the buckets of a request as new.").Taking(bucket).Produces(StatusCodes.Status204NoContent).WithProblems();
        group.MapGet("/block", (Delegate)keys.ListBlocks).WithName("listBlocks").WithSummary("The blocked keys.").Taking(After("block, as tenant, a slash and key,"), Limit)
            .Produces<BlocksBody>().ProducesProblems(StatusCodes.Status400BadRequest);
        group.MapPost("/block", (Delegate)keys.Block)
            .WithName("block").WithSummary("Blocks a key, for good or until a time.").Accepts<BlockBody>(Json).Produces<VersionBody>().WithBodyProblems();
        group.MapDelete("/block", (Delegate)keys.Unblock)
            .WithName("unblock").WithSummary("Removes the block of a key.").Taking(QueryParameter.Key, QueryParameter.Tenant).Produces<VersionBody>()
            .ProducesProblems(StatusCodes.Status404NotFound).WithProblems();
    }

    private static void MapCandidate(RouteGroupBuilder group, CandidateEndpoints candidate)
    {
        group.MapGet("/candidate", (Delegate)candidate.Get)
            .WithName("getCandidate").WithSummary("The candidate document, and where it disagreed with the one that decides.")
            .Produces<CandidateBody>().ProducesProblems(StatusCodes.Status404NotFound);
        group.MapPut("/candidate", (Delegate)candidate.Put)
            .WithName("putCandidate").WithSummary("Tries a document on live traffic, on buckets of its own. Changes no answer.")
            .AcceptsDocument().Produces<VersionBody>().WithChangeProblems().WithBodyProblems();
        group.MapDelete("/candidate", (Delegate)candidate.Drop)
            .WithName("deleteCandidate").WithSummary("Ends the trial.").Produces<VersionBody>()
            .WithChangeProblems().ProducesProblems(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);
        group.MapPost("/candidate:promote", (Delegate)candidate.Promote)
            .WithName("promoteCandidate").WithSummary("Puts the candidate in force.").Produces<VersionBody>()
            .WithChangeProblems().ProducesProblems(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);
    }

    private static QueryParameter After(string what) => new("after", $"The last {what} of the page before, as next says; left out for the first page.");

    private static RouteHandlerBuilder AcceptsDocument(this RouteHandlerBuilder route) => route.Accepts<object>(PolicyEndpoints.Yaml, PolicyEndpoints.DocumentTypes[1..]);

    private static RouteHandlerBuilder WithChangeProblems(this RouteHandlerBuilder route) => route
        .WithMetadata(LiveChanges.IfMatch).ProducesProblems(StatusCodes.Status400BadRequest, StatusCodes.Status412PreconditionFailed);
}
