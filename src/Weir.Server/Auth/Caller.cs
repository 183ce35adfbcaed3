namespace Weir.Server;

/// <summary>Reads the caller's API key, which <see cref="Gate"/> stores as a feature of the request.</summary>
internal static class Caller
{
    /// <summary>Returns the caller's key; null for an anonymous caller.</summary>
    public static ApiKey? Of(HttpContext http) => http.Features.Get<ApiKey>();

    /// <summary>Returns the only tenant that the caller's key is for; null if there is no such restriction.</summary>
    public static string? TenantOf(HttpContext http) => Of(http)?.Tenant;

    public static string WhoOf(HttpContext http) => Of(http)!.Who;
}
