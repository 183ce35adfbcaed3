namespace Weir.Server;

/// <summary>The spelling of a host: lower case, without port and final dot, so that one host is one value.</summary>
internal static class HostName
{
    public static string Of(string text)
    {
        // The nearest proxy adds the last one.
        var host = text.AsSpan(text.LastIndexOf(',') + 1).Trim();
        int bracket = host.IndexOf(']');
        int colon = host.LastIndexOf(':');
        if (colon > bracket && (bracket >= 0 || host.IndexOf(':') == colon))
            host = host[..colon];
        return host.TrimEnd('.').ToString().ToLowerInvariant();
    }
}
