using Microsoft.AspNetCore.Http.Metadata;

namespace Weir.Server;

/// <summary>Answers 405 or 415 to other methods or media types of a path, with the path's access rules.</summary>
internal static class OtherMethods
{
    /// <summary>Maps the other methods of all mapped paths. Call after all other paths are mapped.</summary>
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
