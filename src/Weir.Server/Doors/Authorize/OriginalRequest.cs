using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Weir.Server;

/// <summary>
/// The client's request to a proxy, read from the proxy's headers. Without these headers, the request to Weir is used:
/// Envoy copies method and host, and appends the path to its prefix.
/// </summary>
/// <remarks>A proxy must overwrite the first header of each list, so that clients cannot forge its value.</remarks>
internal sealed class OriginalRequest(HttpContext http, int trustedHops)
{
    public static readonly string[] UriHeaders = ["X-Forwarded-Uri", "X-Original-URI", "X-Original-URL"];

    public static readonly string[] MethodHeaders = ["X-Forwarded-Method", "X-Original-Method"];

    public static readonly string[] HostHeaders = ["X-Forwarded-Host", "X-Original-Host"];

    private bool _isRead;
    private OriginalUri? _uri;

    /// <summary>Returns the value of a source; null if the request does not contain the source.</summary>
    public string? ValueOf(FactSource source) => source.Kind switch
    {
        SourceKind.Header => http.Request.Headers[source.Argument].ToString(),
        SourceKind.Path => Uri?.Path,
        SourceKind.Method => LastOf(http, MethodHeaders) ?? http.Request.Method,
        SourceKind.Host => HostName.Of(LastOf(http, HostHeaders) ?? Uri?.Host ?? http.Request.Headers.Host.ToString()),
        SourceKind.Ip => ClientAddress.Of(http, trustedHops, isWhole: false),
        SourceKind.WholeIp => ClientAddress.Of(http, trustedHops, isWhole: true),
        SourceKind.Query => Uri?.Parameter(source.Argument),
        _ => source.Argument,
    };

    /// <summary>Returns the client's URI as received; null if the proxy sends none.</summary>
    public static string? UriTextOf(HttpContext http) => LastOf(http, UriHeaders) ?? BehindPath(http);

    /// <summary>Returns the target after the door's path, such as <c>/search?q=1</c>; null if there is none.</summary>
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

    // Returns the last value of the first header that is present, because the nearest proxy adds the last value.
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
