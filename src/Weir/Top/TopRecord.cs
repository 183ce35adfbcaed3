namespace Weir;

/// <summary>One decision to be counted.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Key">Of which key.</param>
/// <param name="TenantHash">The tenant's hash.</param>
/// <param name="KeyHash">The key's hash.</param>
/// <param name="Allowed">Whether it was allowed.</param>
internal readonly record struct TopRecord(string Tenant, string Key, ulong TenantHash, ulong KeyHash, bool Allowed);
