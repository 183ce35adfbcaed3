using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Weir.Server;

/// <summary>
/// The request that a client sent to a proxy, as the proxy's headers describe it. Without them, the request to this
/// service stands for it: Envoy repeats method, host and path behind its prefix.
/// </summary>
/// <remarks>A proxy must set the first name of each list itself, so that no client can choose the value.</remarks>
internal sealed class OriginalRequest(HttpContext http, int trustedHops)
{
    public static readonly string[] UriHeaders = ["X-Forwarded-Uri", "X-Original-URI", "X-Original-URL"];

    public static readonly string[] MethodHeaders = ["X-Forwarded-Method", "X-Original-Method"];

    public static readonly string[] HostHeaders = ["X-Forwarded-Host", "X-Original-Host"];

    private bool _isRead;
    private OriginalUri? _uri;

    /// <summary>Returns the value of a source, or null if the request does not have it.</summary>
    public string? ValueOf(FactSource source) => source.Kind switch
    {
        SourceKind.Header => http.Request.Headers[source.Argument].ToString(),
        SourceKind.Path => Uri?.Path,
        SourceKind.Method => LastOf(http, MethodHeaders) ?? http.Request.Method,
        SourceKind.Host => HostName.Of(LastOf(http, HostHeaders) ?? Uri?.Host ?? http.Request.Headers.Host.ToString()),
        SourceKind.Ip => ClientAddress.Of(http, trustedHops),
        SourceKind.Query => Uri?.Parameter(source.Argument),
        _ => source.Argument,
    };

    /// <summary>The URI as the client spelled it; null if the request does not say it.</summary>
    public static string? UriTextOf(HttpContext http) => LastOf(http, UriHeaders) ?? BehindPath(http);

    /// <summary>The part of the target behind the door's own path, such as <c>/search?q=1</c>.</summary>
    private static string? BehindPath(HttpContext http)
    {
        string target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int length = AuthorizeEndpoint.Path.Length;
        return target.StartsWith(AuthorizeEndpoint.Path, StringComparison.OrdinalIgnoreCase)
            && target.Length > length && target[length] == '/' ? target[length..] : null;
    }

    private OriginalUri? Uri
    {
        get
        {
            if (_isRead)
                return _uri;
            _isRead = true;
            return _uri = UriTextOf(http) is { } text ? new OriginalUri(text) : null;
        }
    }

    // The last line of the first of these headers that is there: the nearest proxy writes the last line.
    private static string? LastOf(HttpContext http, string[] names)
    {
        foreach (string name in names)
        {
            var lines = http.Request.Headers[name];
            if (!StringValues.IsNullOrEmpty(lines) && lines[^1] is { Length: > 0 } line)
                return line;
        }

        return null;
    }
}
