namespace Weir;

/// <summary>A decision to be counted (null unit, amount 1), or its cost in a unit.</summary>
internal readonly record struct TopRecord(
    string Tenant, string Key, ulong TenantHash, ulong KeyHash, bool Allowed, string? Unit = null, long Amount = 1);
