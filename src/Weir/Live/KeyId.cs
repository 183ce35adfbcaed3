namespace Weir;

/// <summary>The id of live data about one key of a tenant: the tenant, a slash and the key as it is stored.</summary>
public static class KeyId
{
    /// <summary>The id of a key.</summary>
    public static string Of(string tenant, string key) => $"{tenant}/{key}";

    /// <summary>The tenant and the key of an id; null if it has none.</summary>
    public static (string Tenant, string Key)? Read(string id)
    {
        int slash = id.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 ? (id[..slash], id[(slash + 1)..]) : null;
    }
}
