namespace Weir.Server;

/// <summary>Reads <see cref="WeirOptions"/> and reports all errors at once. Errors contain no secrets.</summary>
internal static class Settings
{
    public static WeirOptions Read(IConfiguration configuration, IEnumerable<string>? variables = null)
    {
        var faults = new List<string>();
        var options = new SettingsReader(configuration.GetSection(WeirOptions.Section), faults).Read();
        faults.AddRange(SecretFile.ReadAll(options));
        faults.AddRange(FaultsOf(options));
        faults.AddRange(FileRules.FaultsOf(options));
        faults.AddRange(UnknownSettings.FaultsOf(variables ?? []));
        faults.AddRange(ListenAddresses.FaultsOf(configuration));
        faults.AddRange(ListenAddresses.FaultsOf("Weir:Management:Urls", options.Management.Urls));
        faults.AddRange(DoorAddress.FaultsOf(configuration));
        faults.AddRange(KestrelSettings.FaultsOf(configuration));
        faults.AddRange(LogFormat.FaultsOf(configuration));
        faults.AddRange(DoorFaultsOf(options.Auth, configuration));
        return faults.Count == 0 ? options : throw new SettingsException(faults);
    }

    /// <summary>Returns the errors of keys and secrets, at startup and after a change of a secret file.</summary>
    public static IEnumerable<string> SecretFaultsOf(WeirOptions options)
    {
        foreach (string ofKey in ConfiguredKeys.FaultsOf(options.Auth))
            yield return ofKey;
        if (options.Keys.Secret is { } secret && SecretRules.FaultOf(secret, KeyHash.MinSecret) is { } weak)
            yield return $"Weir:Keys:Secret: {weak}";
    }

    private static IEnumerable<string> FaultsOf(WeirOptions options)
    {
        foreach (string ofSecret in SecretFaultsOf(options))
            yield return ofSecret;
        foreach (string ofRedis in Stores.RedisOptionsOf(options.Redis).FindFaults($"{WeirOptions.Section}:Redis:"))
            yield return ofRedis;
        if (options.Keys is { Hash: true, Secret: null, SecretFile: null })
            yield return "Weir:Keys:Secret: it is missing, and Weir:Keys:Hash is true; use a secret that all "
                + "instances share, such as the output of: openssl rand -hex 32";
        if (options.Redis.Prefix.AsSpan().IndexOfAny("{}: ") >= 0 || options.Redis.Prefix.Length > Bounds.MaxNameLength)
            yield return $"Weir:Redis:Prefix: {ShownValue.Of(options.Redis.Prefix, isGuarded: true)} does not fit; "
                + $"use 1 to {Bounds.MaxNameLength} characters without braces, colons and spaces";
        if (options.Limits.Connections is { } connections && OpenFiles.RoomForConnections() is { } room && connections > room)
            yield return $"Weir:Limits:Connections: {connections} is more than the descriptor limit of this process leaves room for; use at most {room}, or raise the limit (ulimit -n)";
        if (options.Authorize.Tenant?.Constants.Any(constant => !Bounds.IsTenant(constant)) == true)
            yield return $"Weir:Authorize:Tenant: the value of const: is no tenant; use {Bounds.NameRule}";
        long bytes = (long)options.Memory.MaxKeys * MemoryStoreOptions.BytesPerKey;
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > available)
            yield return $"Weir:Memory:MaxKeys: {options.Memory.MaxKeys} takes {bytes >> 20} MiB, and this process "
                + $"may use {available >> 20}; use at most {available / MemoryStoreOptions.BytesPerKey / 2}, which "
                + "leaves half";
    }

    /// <summary>Returns an error if other machines can connect without a key, or if every request would fail.</summary>
    private static IEnumerable<string> DoorFaultsOf(WeirOptions.AuthSettings auth, IConfiguration configuration)
    {
        const string Keys = "set Weir:Auth:Keys, or Weir:Auth:AdminKey to create keys with by /admin/keys";
        if (auth.AllowAnonymous == true || auth.AdminKey is not null || auth.AdminKeyFile is not null
            || auth.Keys.Count > 0)
            yield break;
        if (auth.AllowAnonymous == false)
            yield return "Weir:Auth:AllowAnonymous: it is false, and no key is configured, so every request would "
                + $"be refused; {Keys}";
        else if (ListenAddresses.Reachable(configuration) is { Count: > 0 } reachable)
            yield return $"{string.Join(", ", reachable)}, which other machines can reach without a key; {Keys}; or "
                + $"listen on {ListenAddresses.Local(configuration)}; or set Weir:Auth:AllowAnonymous=true if everybody who "
                + "reaches it may spend any tenant's tokens";
    }
}
