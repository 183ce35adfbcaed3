namespace Weir;

/// <summary>Decision of a check, and its policies, plan and block. Unblocked: the decision without the block.</summary>
public sealed record Explanation(PolicySet Policies, Plan Plan, Block? Block, Decision Decision, Decision Unblocked);
