namespace Weir;

/// <summary>Formats and parses ids of live data about one key: the tenant, a slash and the key as stored.</summary>
public static class KeyId
{
    /// <summary>Returns the id of a tenant's key.</summary>
    public static string Of(string tenant, string key) => $"{tenant}/{key}";

    /// <summary>Returns the tenant and key of an id; null if the id names no tenant and key.</summary>
    public static (string Tenant, string Key)? Read(string id)
    {
        int slash = id.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 ? (id[..slash], id[(slash + 1)..]) : null;
    }
}
