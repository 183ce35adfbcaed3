namespace Weir.Server;

/// <summary>Metadata of routes: required scope, body and parameters, problems.</summary>
internal static class RouteMetadata
{
    /// <summary>Requires access of the callers of all paths of a group, and describes what other callers get.</summary>
    public static RouteGroupBuilder Requiring(this RouteGroupBuilder group, Access access)
    {
        int[] statuses = access.Scope switch
        {
            KeyScope.Take => [StatusCodes.Status401Unauthorized, StatusCodes.Status404NotFound],
            KeyScope.Admin => [StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden],
            _ => [StatusCodes.Status400BadRequest],
        };
        object[] query = access.Scope is null ? [] : [QueryRule.None];
        return group.WithMetadata([access, .. query, .. statuses.Select(Problem)]);
    }

    /// <summary>
    /// Takes these query parameters and no others; without it, a path that asks for a key takes none.
    /// </summary>
    public static RouteHandlerBuilder Taking(this RouteHandlerBuilder route, params QueryParameter[] parameters) => route.WithMetadata(new QueryRule(parameters));

    /// <summary>Answers HEAD as GET is answered; the server leaves the body out.</summary>
    public static RouteHandlerBuilder MapHead(this RouteGroupBuilder group, string path, RequestDelegate get) =>
        group.MapMethods(path, [HttpMethods.Head], (Delegate)get).ExcludeFromDescription();

    /// <summary>Refuses: by a limit, or since an answer finds no room.</summary>
    public static RouteHandlerBuilder Refusing(this RouteHandlerBuilder route) =>
        route.Produces<RefusalBody>(StatusCodes.Status429TooManyRequests, Problems.ContentType);

    /// <summary>Problems of requests with a body.</summary>
    public static RouteHandlerBuilder WithBodyProblems(this RouteHandlerBuilder route) =>
        route.WithProblems().ProducesProblems(StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType);

    /// <summary>Problems of all requests that ask a store.</summary>
    public static RouteHandlerBuilder WithProblems(this RouteHandlerBuilder route) =>
        route.ProducesProblems(StatusCodes.Status400BadRequest, StatusCodes.Status503ServiceUnavailable);

    /// <summary>Answers with a problem of each of these statuses.</summary>
    public static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder route, params int[] statuses) => route.WithMetadata([.. statuses.Select(Problem)]);

    private static object Problem(int status) => new ProducesResponseTypeMetadata(status, typeof(ProblemBody), [Problems.ContentType]);
}

/// <summary>A header that a path reads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">Its meaning.</param>
internal sealed record HeaderParameter(string Name, string Description);

/// <summary>A parameter in a path.</summary>
/// <param name="Name">Its name in the route pattern.</param>
/// <param name="Description">Its meaning.</param>
internal sealed record PathParameter(string Name, string Description);
