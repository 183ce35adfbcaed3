using System.Text;

namespace Weir.Server;

internal static class Routes
{
    public static void Map(WebApplication app)
    {
        MapDecisions(app, app.Services.GetRequiredService<DecisionEndpoints>());
        MapReservations(app, app.Services.GetRequiredService<ReservationEndpoints>());
        // Without an admin key, the admin paths do not exist, so callers cannot discover them.
        if (app.Services.GetRequiredService<AccessRule>().HasAdmin)
            AdminRoutes.Map(app);
        MapHealth(app, app.Services.GetRequiredService<HealthEndpoints>());
        MapDescriptions(app);
        EnvoyJsonEndpoint.Map(app);
        OtherMethods.Map(app);
        AuthorizeRoutes.Map(app);
        GrpcDoor.Map(app);
        // Set the pattern, because the default pattern excludes paths that look like file names.
        app.MapFallback("{**path}", (RequestDelegate)Problems.NotFound);
    }

    private static void MapDecisions(WebApplication app, DecisionEndpoints decisions)
    {
        var group = app.MapGroup("").WithTags("Decisions").Requiring(Access.ToTake);
        group.MapGet("/limit/check", (Delegate)decisions.CheckByQuery)
            .WithName("checkLimit").WithSummary("Says whether a take would be allowed now and what remains now. Spends nothing.")
            .Taking(QueryParameter.OfRequest)
            .Produces<SeedBody>().WithProblems();
        group.MapHead("/limit/check", decisions.CheckByQuery).Taking(QueryParameter.OfRequest);
        group.MapPost("/limit/incr", (Delegate)decisions.Increment)
            .WithName("incrementLimit").WithMetadata(IdempotencyKey.Described).WithSummary("Takes tokens.")
            .Accepts<TakeBody>("application/json").Produces<SeedBody>()
            .Produces<SeedBody>(StatusCodes.Status429TooManyRequests).Refusing().WithBodyProblems();
        group.MapPost("/v1/take", (Delegate)decisions.Take)
            .WithName("take").WithMetadata(IdempotencyKey.Described).WithSummary("Takes tokens if the limits of the tenant's plan allow it.")
            .Accepts<TakeBody>("application/json").Produces<DecisionBody>().Refusing().WithBodyProblems();
        group.MapPost("/v1/check", (Delegate)decisions.Check)
            .WithName("check").WithSummary("Says whether a take would be allowed now and what remains now. Spends nothing.")
            .Accepts<TakeBody>("application/json").Produces<DecisionBody>().WithBodyProblems();
        group.MapPost("/v1/charge", (Delegate)decisions.Charge)
            .WithName("charge").WithMetadata(IdempotencyKey.Described)
            .WithSummary("Charges what a request took, afterwards. No limit refuses it, and it may leave a debt.")
            .Accepts<TakeBody>("application/json").Produces<DecisionBody>().Refusing().WithBodyProblems();
        group.MapPost("/v1/refund", (Delegate)decisions.Refund)
            .WithName("refund").WithMetadata(IdempotencyKey.Described).WithSummary("Gives tokens back; never more than were spent.")
            .Accepts<TakeBody>("application/json").Produces<DecisionBody>().Refusing().WithBodyProblems();
        group.MapPost("/v1/batch", (Delegate)app.Services.GetRequiredService<BatchEndpoint>().Decide)
            .WithName("takeBatch").WithSummary("Decides up to 1000 takes, in a body of up to 1 MiB, in order. Each is decided by itself.")
            .Accepts<BatchBody>("application/json").Produces<BatchDecisionsBody>().WithBodyProblems();
    }

    private static void MapReservations(WebApplication app, ReservationEndpoints reservations)
    {
        var id = new PathParameter("id", "The reservation's id.");
        var group = app.MapGroup("/v1/reservations").WithTags("Reservations").Requiring(Access.ToTake);
        group.MapPost("", (Delegate)reservations.Create)
            .WithName("reserve").WithMetadata(IdempotencyKey.Described).WithSummary("Takes tokens whose true number is known later.")
            .Accepts<ReservationBody>("application/json").Produces<ReservedBody>(StatusCodes.Status201Created)
            .Refusing().ProducesProblems(StatusCodes.Status409Conflict).WithBodyProblems();
        group.MapPost("/{id}/commit", (Delegate)reservations.Commit).WithMetadata(id)
            .WithName("commitReservation")
            .WithSummary("Settles a reservation by its true cost: the difference is given back, or charged even if there is no room for it.")
            .Accepts<CommitBody>("application/json").Produces<DecisionBody>()
            .ProducesProblems(StatusCodes.Status404NotFound, StatusCodes.Status409Conflict).WithBodyProblems();
        group.MapDelete("/{id}", (Delegate)reservations.Cancel).WithMetadata(id)
            .WithName("cancelReservation").WithSummary("Gives all of a reservation back.").Produces(StatusCodes.Status204NoContent)
            .ProducesProblems(StatusCodes.Status404NotFound, StatusCodes.Status409Conflict).WithProblems();
    }

    private static void MapHealth(WebApplication app, HealthEndpoints health)
    {
        var group = app.MapGroup("").WithTags("Health").Requiring(Access.ToAll);
        group.MapGet("/livez", (Delegate)HealthEndpoints.Live).WithName("live").WithSummary("Says that the process is alive.").Produces<LiveBody>();
        group.MapGet("/readyz", (Delegate)health.Ready)
            .WithName("ready").WithSummary("Says whether and how the service can decide; it can in an outage, too, until it stops.")
            .Produces<ReadyBody>().Produces<ReadyBody>(StatusCodes.Status503ServiceUnavailable);
        group.MapHead("/livez", HealthEndpoints.Live);
        group.MapHead("/readyz", health.Ready);
        app.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]), Access.ToMetrics);
    }

    private static void MapDescriptions(WebApplication app)
    {
        var group = app.MapGroup("").WithTags("Descriptions").Requiring(Access.ToAll);
        var root = app.Services.GetRequiredService<RootPage>();
        group.MapGet("/", (RequestDelegate)root.Get).ExcludeFromDescription();
        group.MapHead("/", root.Get);
        var schema = new StaticDocument(Encoding.UTF8.GetBytes(PolicySchema.Text), PolicySchema.ContentType);
        group.MapGet("/schemas/policies.json", (Delegate)schema.Send)
            .WithName("policySchema").WithSummary("The JSON Schema of the policy document, for editors.").Produces<object>(StatusCodes.Status200OK, PolicySchema.ContentType);
        group.MapHead("/schemas/policies.json", schema.Send);
        var openApi = app.Services.GetRequiredService<OpenApiEndpoint>();
        group.MapGet(OpenApiEndpoint.Path, (RequestDelegate)openApi.Get).ExcludeFromDescription();
        group.MapHead(OpenApiEndpoint.Path, openApi.Get);
    }
}
