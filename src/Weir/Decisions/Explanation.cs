namespace Weir;

/// <summary>Policies, plan and block behind an answer; a check's decision with and without the block.</summary>
public sealed record Explanation(PolicySet Policies, Plan Plan, Block? Block, Decision Decision, Decision Unblocked);
