namespace Weir.Server;

internal sealed class Access
{
    /// <summary>Access to decisions: API key or anonymous access; not on management addresses.</summary>
    public static readonly Access ToTake = new(KeyScope.Take, onPublic: true, onManagement: false);

    /// <summary>Access to administration: admin key; only on management addresses, if any are configured.</summary>
    public static readonly Access ToAdmin = new(KeyScope.Admin, onPublic: false, onManagement: true);

    /// <summary>Access to metrics: no key; only on management addresses, if any are configured.</summary>
    public static readonly Access ToMetrics = new(null, onPublic: false, onManagement: true);

    /// <summary>Access to health and API descriptions: no key; on every address.</summary>
    public static readonly Access ToAll = new(null, onPublic: true, onManagement: true);

    /// <summary>Decisions by gRPC: as <see cref="ToTake"/>, on the address of the door alone.</summary>
    public static readonly Access ToTakeByGrpc = new(KeyScope.Take, onPublic: false, onManagement: false);

    /// <summary>Health and descriptions by gRPC: no key; on the address of the door alone.</summary>
    public static readonly Access ToAllByGrpc = new(null, onPublic: false, onManagement: false);

    private readonly bool _onPublic;
    private readonly bool _onManagement;

    private Access(KeyScope? scope, bool onPublic, bool onManagement) => (Scope, _onPublic, _onManagement) = (scope, onPublic, onManagement);

    public KeyScope? Scope { get; }

    public bool IsByGrpc => !_onPublic && !_onManagement;

    /// <summary>True if the address of the connection serves the path. The gRPC door has a gate of its own.</summary>
    public bool IsServedOn(BoundedConnection? connection, AccessRule rule) =>
        rule.HasManagement ? connection is { IsManagement: true } ? _onManagement : _onPublic : !IsByGrpc;
}

/// <summary>Access rules of this process, fixed at startup. Keys that are created later change no rule.</summary>
internal sealed record AccessRule(bool AnonymousMayTake, bool HasAdmin, bool HasManagement = false)
{
    /// <summary>
    /// Creates the rules. Default: anonymous access if no key is listed and no other machine can connect.
    /// </summary>
    public static AccessRule Of(WeirOptions.AuthSettings auth, IReadOnlyList<string> reachable, bool hasManagement = false) => new(
        auth.AllowAnonymous ?? (reachable.Count == 0 && auth.Keys.Count == 0),
        auth.AdminKey is not null || auth.Keys.Any(key => ConfiguredKeys.ScopeOf(key) == KeyScope.Admin),
        hasManagement);
}
