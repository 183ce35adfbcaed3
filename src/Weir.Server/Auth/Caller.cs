namespace Weir.Server;

/// <summary>The caller's key, as a feature of the request that <see cref="Gate"/> sets.</summary>
internal static class Caller
{
    /// <summary>Null for an anonymous caller.</summary>
    public static ApiKey? Of(HttpContext http) => http.Features.Get<ApiKey>();

    /// <summary>The one tenant of the key; null for all.</summary>
    public static string? TenantOf(HttpContext http) => Of(http)?.Tenant;

    public static string WhoOf(HttpContext http) => Of(http)!.Who;
}
