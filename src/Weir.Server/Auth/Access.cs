namespace Weir.Server;

/// <summary>What a path asks of whoever calls it; paths without one are open to all.</summary>
internal sealed class Access
{
    /// <summary>A key, unless anybody may take.</summary>
    public static readonly Access ToTake = new(KeyScope.Take);

    /// <summary>A key that may administrate.</summary>
    public static readonly Access ToAdmin = new(KeyScope.Admin);

    private Access(KeyScope scope) => Scope = scope;

    public KeyScope Scope { get; }
}

/// <summary>What is open without a key, as the settings have it. Keys that are created later change nothing about it.</summary>
/// <param name="AnonymousMayTake">True when whoever sends no key may take, for any tenant.</param>
/// <param name="HasAdmin">True when there is an <c>/admin</c> at all.</param>
internal sealed record AccessRule(bool AnonymousMayTake, bool HasAdmin)
{
    /// <summary>
    /// Anybody may take if that is said; or if nothing is said, only this machine can reach the service, and no API key is configured. The admin key alone closes
    /// nothing: it is there to administrate.
    /// </summary>
    /// <param name="auth">Who has which keys.</param>
    /// <param name="reachable">The settings by which others than this machine reach the service.</param>
    public static AccessRule Of(WeirOptions.AuthSettings auth, IReadOnlyList<string> reachable) => new(
        auth.AllowAnonymous ?? (reachable.Count == 0 && auth.Keys.Count == 0),
        auth.AdminKey is not null || auth.Keys.Any(key => ConfiguredKeys.ScopeOf(key) == KeyScope.Admin));
}
