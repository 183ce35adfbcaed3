using Microsoft.AspNetCore.Http.Metadata;

namespace Weir.Server;

/// <summary>
/// Answers known paths under a method (405) or media type (415) that they do not take, with the access that the path
/// requires. Routing finds these answers as it finds all others, so they cost no more than a take.
/// </summary>
internal static class OtherMethods
{
    /// <summary>Adds the answers for all paths mapped so far.</summary>
    public static void Map(WebApplication app)
    {
        var paths = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .GroupBy(route => route.RoutePattern.RawText!, StringComparer.Ordinal).ToList();
        foreach (var path in paths)
        {
            var access = path.First().Metadata.GetRequiredMetadata<Access>();
            app.Map(path.Key, AnswerOf([.. path])).WithMetadata(access).ExcludeFromDescription();
        }
    }

    private static RequestDelegate AnswerOf(RouteEndpoint[] routes)
    {
        var methods = routes.SelectMany(route => route.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods).Distinct().ToList();
        string allowed = string.Join(", ", methods);
        var types = routes.Select(route => route.Metadata.GetMetadata<IAcceptsMetadata>()).OfType<IAcceptsMetadata>().FirstOrDefault()?.ContentTypes ?? [];
        return http => methods.Contains(http.Request.Method) ? Problems.WrongMediaType(http, types) : Problems.WrongMethod(http, allowed);
    }
}
