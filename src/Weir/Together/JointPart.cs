namespace Weir;

/// <summary>One of several requests that are decided as one.</summary>
/// <param name="Facts">The request.</param>
/// <param name="Spend">False for a check.</param>
/// <param name="Plan">A plan that comes with the request; null for the plan of its tenant or key.</param>
internal readonly record struct JointPart(RequestFacts Facts, bool Spend, Plan? Plan = null);
