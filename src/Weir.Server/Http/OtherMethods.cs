using Microsoft.AspNetCore.Http.Metadata;

namespace Weir.Server;

/// <summary>Answers other methods (405) and media types (415) of known paths, with the access of the path.</summary>
internal static class OtherMethods
{
    /// <summary>Call after all paths are mapped.</summary>
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
