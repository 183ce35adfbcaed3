namespace Weir;

/// <summary>A request with what applies to it: what a store is asked, in one call.</summary>
/// <param name="Facts">The request.</param>
/// <param name="Plan">The tenant's plan.</param>
/// <param name="Limit">The limit that applies, or null when none does.</param>
public readonly record struct LimitSet(RequestFacts Facts, Plan Plan, Limit? Limit);
