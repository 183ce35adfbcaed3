namespace Weir.Server;

/// <summary>What a path requires of its callers, and on which addresses it is served.</summary>
internal sealed class Access
{
    /// <summary>Decisions: a key, unless anonymous callers may take; not on management addresses.</summary>
    public static readonly Access ToTake = new(KeyScope.Take, onPublic: true, onManagement: false);

    /// <summary>Administration: an admin key; only on management addresses, if there are any.</summary>
    public static readonly Access ToAdmin = new(KeyScope.Admin, onPublic: false, onManagement: true);

    /// <summary>Metrics: no key; only on management addresses, if there are any.</summary>
    public static readonly Access ToMetrics = new(null, onPublic: false, onManagement: true);

    /// <summary>Health and descriptions: no key; on every address.</summary>
    public static readonly Access ToAll = new(null, onPublic: true, onManagement: true);

    private readonly bool _onPublic;
    private readonly bool _onManagement;

    private Access(KeyScope? scope, bool onPublic, bool onManagement) => (Scope, _onPublic, _onManagement) = (scope, onPublic, onManagement);

    /// <summary>The scope that a key must have; null if none is needed.</summary>
    public KeyScope? Scope { get; }

    /// <summary>
    /// True if the path is served on the address of a connection, where management has addresses of its own.
    /// </summary>
    public bool IsServedOn(BoundedConnection? connection) => connection is { IsManagement: true } ? _onManagement : _onPublic;
}

/// <summary>
/// The paths that are open without a key, by the settings. Keys that are created later do not change it.
/// </summary>
/// <param name="AnonymousMayTake">True if callers without a key may take, for any tenant.</param>
/// <param name="HasAdmin">True if <c>/admin</c> exists.</param>
/// <param name="HasManagement">True if management has addresses of its own.</param>
internal sealed record AccessRule(bool AnonymousMayTake, bool HasAdmin, bool HasManagement = false)
{
    /// <summary>
    /// Anonymous callers may take if the settings say so, or by default if only this machine can reach the service and
    /// no API key is configured.
    /// </summary>
    /// <param name="auth">The settings of keys.</param>
    /// <param name="reachable">The settings by which other machines reach the service.</param>
    /// <param name="hasManagement">True if management has addresses of its own.</param>
    public static AccessRule Of(WeirOptions.AuthSettings auth, IReadOnlyList<string> reachable, bool hasManagement = false) => new(
        auth.AllowAnonymous ?? (reachable.Count == 0 && auth.Keys.Count == 0),
        auth.AdminKey is not null || auth.Keys.Any(key => ConfiguredKeys.ScopeOf(key) == KeyScope.Admin),
        hasManagement);
}
