namespace Weir;

/// <summary>Why a request gets its answer.</summary>
/// <param name="Policies">The policies that decide.</param>
/// <param name="Plan">The plan of the request: that of its tenant, or of its key if the key has other numbers.</param>
/// <param name="Block">The block of the key; null if there is none.</param>
/// <param name="Decision">What a check answers.</param>
/// <param name="Unblocked">What a check answers apart from the block.</param>
public sealed record Explanation(PolicySet Policies, Plan Plan, Block? Block, Decision Decision, Decision Unblocked);
