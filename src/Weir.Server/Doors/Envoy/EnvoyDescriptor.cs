namespace Weir.Server;

/// <summary>A descriptor of a request.</summary>
/// <param name="Entries">Entries in order.</param>
/// <param name="Limit">The descriptor's own limit, which overrides the configured one; null for none.</param>
/// <param name="Hits">The descriptor's own hits, 0 for a check; null for the hits of the request.</param>
internal sealed record EnvoyDescriptor(
    IReadOnlyList<EnvoyEntry> Entries, EnvoyOverride? Limit = null, ulong? Hits = null);

/// <summary>A limit that comes with a descriptor.</summary>
internal readonly record struct EnvoyOverride(uint RequestsPerUnit, EnvoyUnit Unit);
