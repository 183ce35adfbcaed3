namespace Weir;

/// <summary>Explains the answer to a request.</summary>
/// <param name="Policies">Policies that decide.</param>
/// <param name="Plan">Plan of the tenant, or of the key if the key has its own numbers.</param>
/// <param name="Block">Block of the key; null for none.</param>
/// <param name="Decision">Answer of a check.</param>
/// <param name="Unblocked">Answer of a check without the block.</param>
public sealed record Explanation(PolicySet Policies, Plan Plan, Block? Block, Decision Decision, Decision Unblocked);
