namespace Weir.Server;

internal static class RouteMetadata
{
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

    /// <summary>Sets the query parameters of a path. By default, a path that needs a key accepts none.</summary>
    public static RouteHandlerBuilder Taking(this RouteHandlerBuilder route, params QueryParameter[] parameters) => route.WithMetadata(new QueryRule(parameters));

    public static RouteHandlerBuilder MapHead(this RouteGroupBuilder group, string path, RequestDelegate get) =>
        group.MapMethods(path, [HttpMethods.Head], (Delegate)get).ExcludeFromDescription();

    public static RouteHandlerBuilder Refusing(this RouteHandlerBuilder route) =>
        route.Produces<RefusalBody>(StatusCodes.Status429TooManyRequests, Problems.ContentType);

    public static RouteHandlerBuilder WithBodyProblems(this RouteHandlerBuilder route) =>
        route.WithProblems().ProducesProblems(StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType);

    public static RouteHandlerBuilder WithProblems(this RouteHandlerBuilder route) =>
        route.ProducesProblems(StatusCodes.Status400BadRequest, StatusCodes.Status503ServiceUnavailable);

    public static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder route, params int[] statuses) => route.WithMetadata([.. statuses.Select(Problem)]);

    private static object Problem(int status) => new ProducesResponseTypeMetadata(status, typeof(ProblemBody), [Problems.ContentType]);
}

internal sealed record HeaderParameter(string Name, string Description);

internal sealed record PathParameter(string Name, string Description);
