namespace Weir.Server;

/// <summary>Maps the door for any method, and with any path behind its own, as Envoy asks.</summary>
internal static class AuthorizeRoutes
{
    private const string WithOriginalPath = AuthorizeEndpoint.Path + "/{**original}";

    private static readonly HeaderParameter[] Headers =
    [
        new("X-Forwarded-Uri", "The path and query of the original request; else X-Original-URI or X-Original-URL."),
        new("X-Forwarded-Method", "Its method; else X-Original-Method, or the method of this request."),
        new("X-Forwarded-Host", "Its host; else X-Original-Host, or the host of this request."),
        new("X-Forwarded-For", "Its client's address, counted from the right by Weir:Authorize:TrustedHops."),
    ];

    /// <summary>Maps the paths; called last, since they have no method that is wrong.</summary>
    public static void Map(WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<AuthorizeEndpoint>();
        app.MapGet(AuthorizeEndpoint.Path, (Delegate)endpoint.Answer).WithTags("Decisions").WithMetadata(Access.ToTake)
            .WithName("authorize").WithSummary("Takes for a proxy, by the headers of its subrequest. For any method.")
            .WithMetadata([FactsOfProxy.Instance, .. Headers])
            .Produces(StatusCodes.Status200OK).Refusing().WithProblems()
            .ProducesProblems(StatusCodes.Status401Unauthorized, StatusCodes.Status404NotFound);
        foreach (string path in (string[])[AuthorizeEndpoint.Path, WithOriginalPath])
            app.Map(path, (RequestDelegate)endpoint.Answer).WithMetadata(Access.ToTake).ExcludeFromDescription();
    }
}

/// <summary>Metadata of a path that reads no facts from fields and headers of its own.</summary>
internal sealed class FactsOfProxy
{
    public static readonly FactsOfProxy Instance = new();
}
