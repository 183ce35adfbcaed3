namespace Weir;

/// <summary>Why a request gets what it gets.</summary>
/// <param name="Policies">The policies by which it is decided.</param>
/// <param name="Block">The block of its key; null when there is none.</param>
/// <param name="Decision">What a take would answer.</param>
/// <param name="Standing">How its buckets stand now.</param>
public sealed record Explanation(PolicySet Policies, Block? Block, Decision Decision, Decision Standing);
