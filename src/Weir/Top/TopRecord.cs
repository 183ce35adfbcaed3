namespace Weir;

/// <summary>One decision to be counted.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Key">Of which key.</param>
/// <param name="TenantHash">The tenant's hash.</param>
/// <param name="KeyHash">The key's hash.</param>
/// <param name="Allowed">Whether it was allowed.</param>
/// <param name="Unit">The unit of <paramref name="Amount"/>; null for the decision itself.</param>
/// <param name="Amount">Its cost in that unit; 1 for the decision itself.</param>
internal readonly record struct TopRecord(
    string Tenant, string Key, ulong TenantHash, ulong KeyHash, bool Allowed, string? Unit = null, long Amount = 1);
