namespace Weir;

/// <summary>A decision to count (Unit is null, Amount 1), or the cost of a decision in one unit.</summary>
internal readonly record struct TopRecord(
    string Tenant, string Key, ulong TenantHash, ulong KeyHash, bool Allowed, string? Unit = null, long Amount = 1);
