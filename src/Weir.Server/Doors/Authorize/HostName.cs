namespace Weir.Server;

/// <summary>Normalizes a host: lower case, without port and final dot, so that all spellings are equal.</summary>
internal static class HostName
{
    public static string Of(string text)
    {
        // Use the last host of a list, which the nearest proxy added.
        var host = text.AsSpan(text.LastIndexOf(',') + 1).Trim();
        int bracket = host.IndexOf(']');
        int colon = host.LastIndexOf(':');
        if (colon > bracket && (bracket >= 0 || host.IndexOf(':') == colon))
            host = host[..colon];
        return host.TrimEnd('.').ToString().ToLowerInvariant();
    }
}
