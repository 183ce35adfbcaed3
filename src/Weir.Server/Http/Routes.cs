using Microsoft.AspNetCore.Routing.Patterns;

namespace Weir.Server;

/// <summary>Every path of the service.</summary>
internal static class Routes
{
    public static void Map(WebApplication app)
    {
        MapDecisions(app, app.Services.GetRequiredService<DecisionEndpoints>());
        MapReservations(app, app.Services.GetRequiredService<ReservationEndpoints>());
        // Without an admin key there is nothing, and so nothing to be found out.
        if (app.Services.GetRequiredService<AccessRule>().HasAdmin)
            AdminRoutes.Map(app);
        MapSchemas(app);
        MapHealth(app, app.Services.GetRequiredService<HealthEndpoints>());
        app.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
        app.MapOpenApi("/openapi/v1.json");
        // Every path: by itself, a fallback leaves out those that look like a file's.
        app.MapFallback("{**path}", Unmatched(app));
    }

    private static void MapDecisions(WebApplication app, DecisionEndpoints decisions)
    {
        var group = app.MapGroup("").WithTags("Decisions").Asking(Access.ToTake);
        group.MapGet("/limit/check", (Delegate)decisions.CheckByQuery)
            .WithSummary("Says what a take would answer, and spends nothing: ?key=…[&tenant=…][&cost=…].")
            .Produces<SeedBody>().WithProblems();
        MapHead(group, "/limit/check", decisions.CheckByQuery);
        group.MapPost("/limit/incr", (Delegate)decisions.Increment)
            .WithSummary("Takes tokens.")
            .Accepts<TakeBody>("application/json").Produces<SeedBody>().Produces<SeedBody>(StatusCodes.Status429TooManyRequests).WithBodyProblems();
        group.MapPost("/v1/take", (Delegate)decisions.Take)
            .WithSummary("Takes tokens if the limits of the tenant's plan allow it.")
            .Accepts<TakeBody>("application/json").Produces<DecisionBody>()
            .Produces<RefusalBody>(StatusCodes.Status429TooManyRequests, Problems.ContentType).WithBodyProblems();
        group.MapPost("/v1/check", (Delegate)decisions.Check)
            .WithSummary("Says what a take would answer, and spends nothing.")
            .Accepts<TakeBody>("application/json").Produces<DecisionBody>().WithBodyProblems();
        group.MapPost("/v1/refund", (Delegate)decisions.Refund)
            .WithSummary("Gives back what a request spent that turned out not to be one; never more than was spent.")
            .Accepts<TakeBody>("application/json").Produces<DecisionBody>().WithBodyProblems();
        group.MapPost("/v1/batch", (Delegate)app.Services.GetRequiredService<BatchEndpoint>().Decide)
            .WithSummary("Decides up to 1000 takes, in a body of up to 1 MiB, in order. Each is decided by itself.")
            .Accepts<BatchBody>("application/json").Produces<BatchDecisionsBody>().WithBodyProblems();
    }

    private static void MapReservations(WebApplication app, ReservationEndpoints reservations)
    {
        var group = app.MapGroup("/v1/reservations").WithTags("Reservations").Asking(Access.ToTake);
        group.MapPost("", (Delegate)reservations.Create)
            .WithSummary("Takes tokens whose true number is known later.")
            .Accepts<ReservationBody>("application/json").Produces<ReservedBody>(StatusCodes.Status201Created)
            .Produces<RefusalBody>(StatusCodes.Status429TooManyRequests, Problems.ContentType)
            .Produces<ProblemBody>(StatusCodes.Status409Conflict, Problems.ContentType).WithBodyProblems();
        group.MapPost("/{id}/commit", (Delegate)reservations.Commit)
            .WithSummary("Settles a reservation by its true cost: the difference is given back, or charged even if there is no room for it.")
            .Accepts<CommitBody>("application/json").Produces<DecisionBody>().WithSettlementProblems().WithBodyProblems();
        group.MapDelete("/{id}", (Delegate)reservations.Cancel)
            .WithSummary("Gives all of a reservation back.").Produces(StatusCodes.Status204NoContent).WithSettlementProblems().WithProblems();
    }

    private static RouteHandlerBuilder WithSettlementProblems(this RouteHandlerBuilder route) => route
        .Produces<ProblemBody>(StatusCodes.Status404NotFound, Problems.ContentType)
        .Produces<ProblemBody>(StatusCodes.Status409Conflict, Problems.ContentType);

    /// <summary>What all paths of a group ask of whoever calls them, and what they answer to others.</summary>
    public static RouteGroupBuilder Asking(this RouteGroupBuilder group, Access access)
    {
        int[] statuses = access.Scope == KeyScope.Take ? [StatusCodes.Status401Unauthorized, StatusCodes.Status404NotFound] : [StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden];
        return group.WithMetadata([access, .. statuses.Select(status => new ProducesResponseTypeMetadata(status, typeof(ProblemBody), [Problems.ContentType]))]);
    }

    private static void MapSchemas(WebApplication app)
    {
        var group = app.MapGroup("/schemas").WithTags("Schemas");
        group.MapGet("/policies.json", (Delegate)SchemaEndpoint.Get)
            .WithSummary("The JSON Schema of the policy document, for editors.").Produces<object>(StatusCodes.Status200OK, PolicySchema.ContentType);
        MapHead(group, "/policies.json", SchemaEndpoint.Get);
    }

    private static void MapHealth(WebApplication app, HealthEndpoints health)
    {
        var group = app.MapGroup("").WithTags("Health");
        group.MapGet("/livez", (Delegate)HealthEndpoints.Live).WithSummary("The process is alive.").Produces<LiveBody>();
        group.MapGet("/readyz", (Delegate)health.Ready)
            .WithSummary("Ready while it can decide, also in an outage; the body says how.").Produces<ReadyBody>();
        MapHead(group, "/livez", HealthEndpoints.Live);
        MapHead(group, "/readyz", health.Ready);
    }

    /// <summary>HTTP wants HEAD wherever GET is; the server leaves the body out.</summary>
    private static void MapHead(RouteGroupBuilder group, string path, Func<HttpContext, Task> get) =>
        group.MapMethods(path, [HttpMethods.Head], (Delegate)get).ExcludeFromDescription();

    public static RouteHandlerBuilder WithBodyProblems(this RouteHandlerBuilder route) => route
        .WithProblems()
        .Produces<ProblemBody>(StatusCodes.Status413PayloadTooLarge, Problems.ContentType)
        .Produces<ProblemBody>(StatusCodes.Status415UnsupportedMediaType, Problems.ContentType);

    public static RouteHandlerBuilder WithProblems(this RouteHandlerBuilder route) => route
        .Produces<ProblemBody>(StatusCodes.Status400BadRequest, Problems.ContentType)
        .Produces<ProblemBody>(StatusCodes.Status503ServiceUnavailable, Problems.ContentType);

    /// <summary>
    /// A path that exists under this method takes another media type, which is 415; under another method it is 405; every
    /// other path is 404.
    /// </summary>
    private static RequestDelegate Unmatched(WebApplication app) => http =>
    {
        var methods = ((IEndpointRouteBuilder)app).DataSources
            .SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .Where(endpoint => IsPath(endpoint.RoutePattern, http.Request.Path))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
            .Distinct()
            .ToList();
        if (methods.Contains(http.Request.Method))
            return Problems.WrongMediaType(http);
        string allowed = string.Join(", ", methods);
        return allowed.Length == 0 ? Problems.NotFound(http) : Problems.WrongMethod(http, allowed);
    };

    private static bool IsPath(RoutePattern pattern, PathString path) =>
        pattern.Parameters.Count == 0
            ? string.Equals(pattern.RawText?.Trim('/'), path.Value?.Trim('/'), StringComparison.OrdinalIgnoreCase)
            : !pattern.Parameters.Any(parameter => parameter.IsCatchAll) && Matches(pattern.PathSegments, (path.Value ?? "").Trim('/').Split('/'));

    private static bool Matches(IReadOnlyList<RoutePatternPathSegment> segments, string[] parts) =>
        segments.Count == parts.Length
        && segments.Zip(parts).All(pair => pair.First.Parts[0] is not RoutePatternLiteralPart literal || string.Equals(literal.Content, pair.Second, StringComparison.OrdinalIgnoreCase));
}
