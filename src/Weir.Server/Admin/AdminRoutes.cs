namespace Weir.Server;

/// <summary>The paths under <c>/admin</c>, all for keys of the scope admin.</summary>
internal static class AdminRoutes
{
    public static void Map(WebApplication app)
    {
        var group = app.MapGroup("/admin").WithTags("Admin").Asking(Access.ToAdmin);
        group.AddEndpointFilter(RefuseStrangers);
        MapPolicies(group, app.Services.GetRequiredService<PolicyEndpoints>());
        MapTenants(group, app.Services.GetRequiredService<TenantEndpoints>());
        MapKeys(group, app.Services.GetRequiredService<KeyEndpoints>());
        MapCandidate(group, app.Services.GetRequiredService<CandidateEndpoints>());
        MapApiKeys(group, app.Services.GetRequiredService<ApiKeyEndpoints>());
        group.MapGet("/top", (Delegate)app.Services.GetRequiredService<TopEndpoints>().Get)
            .WithSummary("The keys of a tenant, or the tenants, that are refused and allowed most often: ?tenant=…&which=denied|allowed&after=…&limit=….").Produces<TopBody>().WithProblems();
    }

    /// <summary>
    /// A parameter that a path does not have is a mistake that would otherwise change the answer without a word.
    /// </summary>
    private static async ValueTask<object?> RefuseStrangers(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (QueryParameters.ComplaintAbout(context.HttpContext) is not { } complaint)
            return await next(context);
        await Problems.BadRequest(context.HttpContext, complaint);
        return Results.Empty;
    }

    private static void MapApiKeys(RouteGroupBuilder group, ApiKeyEndpoints keys)
    {
        group.MapGet("/keys", (Delegate)keys.List).WithSummary("The API keys, without their secrets: ?after=…&limit=….").Produces<ApiKeysBody>();
        group.MapPost("/keys", (Delegate)keys.Create)
            .WithSummary("Creates an API key; its secret is in this answer and nowhere else.")
            .Accepts<NewKeyBody>("application/json").Produces<CreatedKeyBody>(StatusCodes.Status201Created).WithBodyProblems();
        group.MapDelete("/keys/{id}", (Delegate)keys.Revoke)
            .WithSummary("Revokes an API key, at all instances within a second.").Produces(StatusCodes.Status204NoContent)
            .Produces<ProblemBody>(StatusCodes.Status404NotFound, Problems.ContentType).Produces<ProblemBody>(StatusCodes.Status409Conflict, Problems.ContentType);
    }

    private static void MapPolicies(RouteGroupBuilder group, PolicyEndpoints policies)
    {
        group.MapGet("/policies", (Delegate)policies.GetDocument).WithSummary("The policy document that holds now, with its ETag.");
        group.MapPut("/policies", (Delegate)policies.PutDocument)
            .WithSummary("Puts a document in place, at all instances within a second; If-Match as you like.")
            .Produces<VersionBody>().Produces<PolicyProblemBody>(StatusCodes.Status400BadRequest, Problems.ContentType).WithBodyProblems();
        group.MapDelete("/policies", (Delegate)policies.DeleteDocument).WithSummary("Goes back to the policy file.").Produces<VersionBody>().Produces<PolicyProblemBody>(StatusCodes.Status400BadRequest, Problems.ContentType).Produces<ProblemBody>(StatusCodes.Status404NotFound, Problems.ContentType);
        group.MapPost("/policies:validate", (Delegate)policies.Validate)
            .WithSummary("Says everything that is wrong with a document, and changes nothing.")
            .Produces<ValidBody>().Produces<PolicyProblemBody>(StatusCodes.Status400BadRequest, Problems.ContentType);
        group.MapPost("/policies:rollback", (Delegate)policies.Rollback)
            .WithSummary("Puts the text of an earlier version again.")
            .Accepts<RollbackBody>("application/json").Produces<VersionBody>().WithBodyProblems();
        group.MapGet("/audit", (Delegate)policies.Audit).WithSummary("Who changed what and when, newest first: ?before=…&limit=….").Produces<AuditBody>();
    }

    private static void MapTenants(RouteGroupBuilder group, TenantEndpoints tenants)
    {
        group.MapGet("/tenants", (Delegate)tenants.List).WithSummary("Tenants with live data: ?after=…&limit=….").Produces<TenantsBody>();
        group.MapGet("/tenants/{id}", (Delegate)tenants.Get).WithSummary("A tenant as it is now.").Produces<TenantBody>();
        group.MapPut("/tenants/{id}", (Delegate)tenants.Put)
            .WithSummary("Gives a tenant a plan, limits over it, or none at all; with until, over what it has for good, until that time.")
            .Produces<VersionBody>().Produces<PolicyProblemBody>(StatusCodes.Status400BadRequest, Problems.ContentType).WithBodyProblems();
        group.MapDelete("/tenants/{id}", (Delegate)tenants.Delete).WithSummary("Goes back to what the document says of the tenant.").Produces<VersionBody>().Produces<ProblemBody>(StatusCodes.Status404NotFound, Problems.ContentType);
    }

    private static void MapKeys(RouteGroupBuilder group, KeyEndpoints keys)
    {
        group.MapGet("/explain", (Delegate)keys.Explain)
            .WithSummary("Says why a request gets what it gets, and spends nothing: ?tenant=…&key=…&cost=…&attributes.NAME=….").Produces<ExplanationBody>();
        group.MapGet("/buckets", (Delegate)keys.GetBuckets).WithSummary("How the buckets of a request stand.").Produces<DecisionBody>();
        group.MapDelete("/buckets", (Delegate)keys.ResetBuckets).WithSummary("Makes the buckets of a request as new.").Produces(StatusCodes.Status204NoContent);
        group.MapGet("/block", (Delegate)keys.ListBlocks).WithSummary("The keys that are refused: ?after=…&limit=….").Produces<BlocksBody>();
        group.MapPost("/block", (Delegate)keys.Block)
            .WithSummary("Refuses a key until a time, and says why.").Accepts<BlockBody>("application/json").Produces<VersionBody>().WithBodyProblems();
        group.MapDelete("/block", (Delegate)keys.Unblock).WithSummary("Refuses a key no longer: ?tenant=…&key=….").Produces<VersionBody>().Produces<ProblemBody>(StatusCodes.Status404NotFound, Problems.ContentType);
    }

    private static void MapCandidate(RouteGroupBuilder group, CandidateEndpoints candidate)
    {
        group.MapGet("/candidate", (Delegate)candidate.Get)
            .WithSummary("The document that is tried beside the one that decides, and where the two disagreed.")
            .Produces<CandidateBody>().Produces<ProblemBody>(StatusCodes.Status404NotFound, Problems.ContentType);
        group.MapPut("/candidate", (Delegate)candidate.Put)
            .WithSummary("Tries a document on the traffic as it comes, on buckets of its own; it changes no answer.")
            .Produces<VersionBody>().Produces<PolicyProblemBody>(StatusCodes.Status400BadRequest, Problems.ContentType).WithBodyProblems();
        group.MapDelete("/candidate", (Delegate)candidate.Drop).WithSummary("Tries it no longer.").Produces<VersionBody>().Produces<ProblemBody>(StatusCodes.Status404NotFound, Problems.ContentType);
        group.MapPost("/candidate:promote", (Delegate)candidate.Promote)
            .WithSummary("Puts the document that was tried in the place of the one that decides; If-Match as you like.").Produces<VersionBody>();
    }
}
