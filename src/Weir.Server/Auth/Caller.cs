namespace Weir.Server;

/// <summary>Who is asking: the key that <see cref="Gate"/> found, as a feature of the request.</summary>
internal static class Caller
{
    /// <summary>The key; null for a caller without one, where none is required.</summary>
    public static ApiKey? Of(HttpContext http) => http.Features.Get<ApiKey>();

    /// <summary>The one tenant that the caller may ask about; null for all.</summary>
    public static string? TenantOf(HttpContext http) => Of(http)?.Tenant;

    /// <summary>What the audit trail calls the caller of an admin path, who has a key.</summary>
    public static string WhoOf(HttpContext http) => Of(http)!.Who;
}
