namespace Weir;

/// <summary>A request with what applies to it: what a store is asked, in one call.</summary>
/// <param name="Facts">The request.</param>
/// <param name="Plan">The tenant's plan.</param>
/// <param name="Limit">The limit that applies, or null when none does.</param>
public readonly record struct LimitSet(RequestFacts Facts, Plan Plan, Limit? Limit)
{
    /// <summary>True when the policies name the tenant. Of those they do not name there are as many as anybody cares to invent.</summary>
    public bool TenantIsListed { get; init; }
}
