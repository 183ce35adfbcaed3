using System.Buffers;

namespace Weir.Server;

/// <summary>Creates keys from <c>Weir:Auth</c> and validates them. No message contains a secret or its hash.</summary>
internal static class ConfiguredKeys
{
    public const int MinAdminKey = 16;

    private const string List = "Weir:Auth:Keys";
    private const int HashLength = 64;

    /// <summary>SHA-256 of the empty string, which results from hashing an unset shell variable.</summary>
    private static readonly string HashOfNothing = Convert.ToHexString(KeySecret.HashOf(""));

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    public static IReadOnlyList<ApiKey> Of(WeirOptions.AuthSettings auth)
    {
        var keys = auth.Keys.Select(key => new ApiKey($"config:{key.Name}", key.Name, ScopeOf(key)!.Value, key.Tenant, null, null, HashOf(key)));
        return auth.AdminKey is null ? [.. keys] : [new ApiKey(ApiKey.AdminId, null, KeyScope.Admin, null, null, null, KeySecret.HashOf(auth.AdminKey)), .. keys];
    }

    public static KeyScope? ScopeOf(WeirOptions.KeySettings key) => key.Scope switch
    {
        "take" => KeyScope.Take,
        "admin" => KeyScope.Admin,
        _ => null,
    };

    public static IEnumerable<string> FaultsOf(WeirOptions.AuthSettings auth)
    {
        if (auth.AdminKey is not null && SecretRules.FaultOfKey(auth.AdminKey, MinAdminKey) is { } weak)
            yield return $"Weir:Auth:AdminKey: {weak}";
        if (auth.Keys.Count > ApiKey.MaxKeys)
            yield return $"{List}: it has {auth.Keys.Count} keys; use {ApiKey.MaxKeys} at most";
        foreach (var key in auth.Keys)
        {
            foreach (string fault in FaultsOf(key))
                yield return $"{List}:{key.Place}:{fault}";
        }

        foreach (var same in auth.Keys.Where(key => key.Name is not null && Bounds.IsName(key.Name))
            .GroupBy(key => key.Name, StringComparer.Ordinal).Where(same => same.Count() > 1))
            yield return $"{List}: {PlacesOf(same)} have the same name; give each key its own name, by which the "
                + "audit trail calls it";
        foreach (var same in auth.Keys.Where(IsSecretRight).GroupBy(key => Convert.ToHexString(HashOf(key))).Where(same => same.Count() > 1))
            yield return $"{List}: {PlacesOf(same)} have the same secret; give each key its own";
        if (auth.AdminKey is not null && auth.Keys.Where(IsSecretRight)
            .FirstOrDefault(key => HashOf(key).AsSpan().SequenceEqual(KeySecret.HashOf(auth.AdminKey))) is { } admin)
            yield return $"{List}: {admin.Place} has the secret of Weir:Auth:AdminKey; give each its own";
    }

    private static IEnumerable<string> FaultsOf(WeirOptions.KeySettings key)
    {
        if (key.Name is null || !Bounds.IsName(key.Name))
            yield return $"Name: {(key.Name is null ? "it is missing" : "it does not fit")}; use {Bounds.NameRule}: "
                + "the audit trail calls the key by it";
        if (IsKeyGiven(key) == key.Hash is not null)
            yield return $"Key: {(key.Hash is null ? "it is missing" : "it is given and Hash too")}; use one of Key, "
                + "KeyFile and Hash";
        else if (key.Key is not null && SecretRules.FaultOfKey(key.Key, KeySecret.MinLength) is { } weak)
            yield return $"Key: {weak}";
        else if (key.Hash is not null && !IsHash(key.Hash))
            yield return $"Hash: it is not {HashLength} hexadecimal digits; use the SHA-256 of the key, such as the "
                + "output of: printf %s KEY | sha256sum";
        else if (string.Equals(key.Hash, HashOfNothing, StringComparison.OrdinalIgnoreCase))
            yield return "Hash: it is the SHA-256 of an empty text; use that of the key, such as the output of: "
                + "printf %s KEY | sha256sum";
        if (ScopeOf(key) is null)
            yield return $"Scope: {(key.Scope is null ? "it is missing" : "the value is unknown")}; use take or admin";
        if (key.Tenant is not null && ScopeOf(key) == KeyScope.Admin)
            yield return "Tenant: an admin key is for all tenants; leave it out, or use the scope take";
        if (key.Tenant is not null && !Bounds.IsTenant(key.Tenant))
            yield return $"Tenant: it does not fit; use {Bounds.NameRule}, or leave it out for all tenants";
    }

    private static string PlacesOf(IEnumerable<WeirOptions.KeySettings> keys) =>
        string.Join(" and ", keys.Select(key => key.Place));

    private static bool IsKeyGiven(WeirOptions.KeySettings key) => key.Key is not null || key.KeyFile is not null;

    private static bool IsSecretRight(WeirOptions.KeySettings key) =>
        key.Key is null != key.Hash is null
            && (key.Key is null || SecretRules.FaultOfKey(key.Key, KeySecret.MinLength) is null)
                && (key.Hash is null || IsHash(key.Hash));

    private static bool IsHash(string hash) => hash.Length == HashLength && !hash.AsSpan().ContainsAnyExcept(HexDigits);

    private static byte[] HashOf(WeirOptions.KeySettings key) => key.Key is not null ? KeySecret.HashOf(key.Key) : Convert.FromHexString(key.Hash!);
}
