using System.Buffers;

namespace Weir.Server;

/// <summary>The keys of the configuration, <c>Weir:Auth:Keys</c>: what is wrong with them, and what they are. No message repeats a secret or its hash.</summary>
internal static class ConfiguredKeys
{
    /// <summary>Characters of the admin key, at least.</summary>
    public const int MinAdminKey = 16;

    private const string List = "Weir:Auth:Keys";
    private const int HashLength = 64;

    /// <summary>What a header takes along unchanged, and nobody has to quote.</summary>
    private static readonly SearchValues<char> SecretCharacters =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(character => (char)character)]);

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>All keys of settings that are right, the admin key among them.</summary>
    public static IReadOnlyList<ApiKey> Of(WeirOptions.AuthSettings auth)
    {
        var keys = auth.Keys.Select(key => new ApiKey($"config:{key.Name}", key.Name, ScopeOf(key)!.Value, key.Tenant, null, null, HashOf(key)));
        return auth.AdminKey is null ? [.. keys] : [new ApiKey(ApiKey.AdminId, null, KeyScope.Admin, null, null, null, KeySecret.HashOf(auth.AdminKey)), .. keys];
    }

    /// <summary>Null when it is none.</summary>
    public static KeyScope? ScopeOf(WeirOptions.KeySettings key) => key.Scope switch
    {
        "take" => KeyScope.Take,
        "admin" => KeyScope.Admin,
        _ => null,
    };

    public static IEnumerable<string> FaultsOf(WeirOptions.AuthSettings auth)
    {
        if (auth.AdminKey is { Length: < MinAdminKey })
            yield return $"Weir:Auth:AdminKey is shorter than {MinAdminKey} characters, and so could be guessed: write a longer one, such as that of: openssl rand -hex 32";
        if (auth.AdminKey is { Length: > KeySecret.MaxLength })
            yield return $"Weir:Auth:AdminKey is longer than {KeySecret.MaxLength} characters: write a shorter one, such as that of: openssl rand -hex 32";
        if (auth.Keys.Count > ApiKey.MaxKeys)
            yield return $"{List} has {auth.Keys.Count} keys: write {ApiKey.MaxKeys} at most";
        foreach (var key in auth.Keys)
        {
            foreach (string fault in FaultsOf(key))
                yield return $"{List}:{key.Place}:{fault}";
        }

        foreach (var same in auth.Keys.Where(key => key.Name is not null).GroupBy(key => key.Name, StringComparer.Ordinal).Where(same => same.Count() > 1))
            yield return $"{List} has the name {same.Key} {same.Count()} times: give each key a name of its own, by which the audit trail calls it";
        foreach (var same in auth.Keys.Where(IsSecretRight).GroupBy(key => Convert.ToHexString(HashOf(key))).Where(same => same.Count() > 1))
            yield return $"{List} has one secret {same.Count()} times ({string.Join(", ", same.Select(key => key.Name ?? key.Place))}): give each key a secret of its own";
        if (auth.AdminKey is not null && auth.Keys.Where(IsSecretRight).Any(key => HashOf(key).AsSpan().SequenceEqual(KeySecret.HashOf(auth.AdminKey))))
            yield return $"{List} has a key whose secret is that of Weir:Auth:AdminKey: give each a secret of its own";
    }

    private static IEnumerable<string> FaultsOf(WeirOptions.KeySettings key)
    {
        if (key.Name is null || !Bounds.IsName(key.Name))
            yield return $"Name must be {Bounds.NameRule}: the audit trail calls the key by it";
        if (key.Key is null == key.Hash is null)
            yield return "Key must be given, or in its place Hash: the key's SHA-256 in hexadecimal digits";
        else if (key.Key is not null && !IsSecret(key.Key))
            yield return $"Key must be {KeySecret.MinLength} to {KeySecret.MaxLength} printable ASCII characters without spaces, such as that of: openssl rand -hex 32";
        else if (key.Hash is not null && !IsHash(key.Hash))
            yield return $"Hash must be {HashLength} hexadecimal digits: the SHA-256 of the key, such as that of: printf %s KEY | sha256sum";
        if (ScopeOf(key) is null)
            yield return $"Scope is \"{key.Scope}\": write take or admin";
        if (key.Tenant is not null && ScopeOf(key) == KeyScope.Admin)
            yield return "Tenant is given, but an admin key is for all tenants: leave it out, or write the scope take";
        if (key.Tenant is not null && !Bounds.IsTenant(key.Tenant))
            yield return $"Tenant must be {Bounds.NameRule}, or left out for all tenants";
    }

    private static bool IsSecretRight(WeirOptions.KeySettings key) =>
        key.Key is null != key.Hash is null && (key.Key is null || IsSecret(key.Key)) && (key.Hash is null || IsHash(key.Hash));

    private static bool IsSecret(string key) => key.Length is >= KeySecret.MinLength and <= KeySecret.MaxLength && !key.AsSpan().ContainsAnyExcept(SecretCharacters);

    private static bool IsHash(string hash) => hash.Length == HashLength && !hash.AsSpan().ContainsAnyExcept(HexDigits);

    private static byte[] HashOf(WeirOptions.KeySettings key) => key.Key is not null ? KeySecret.HashOf(key.Key) : Convert.FromHexString(key.Hash!);
}
