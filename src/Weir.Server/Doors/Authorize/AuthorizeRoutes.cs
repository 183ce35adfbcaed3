namespace Weir.Server;

/// <summary>Maps the door for every method, and with a path suffix, as Envoy sends subrequests.</summary>
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

    /// <summary>Maps the paths. Call this after <see cref="OtherMethods.Map"/>: every method is allowed.</summary>
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

/// <summary>Metadata of a path whose facts come from proxy headers, not from fields and <c>X-Tenant-Id</c>.</summary>
internal sealed class FactsOfProxy
{
    public static readonly FactsOfProxy Instance = new();
}
