namespace Weir;

/// <summary>What a limit's word counts.</summary>
public enum LimitMode
{
    /// <summary>It refuses (the default).</summary>
    Enforce,

    /// <summary>
    /// The limit counts in a bucket of its own and reports its answer, but never changes the decision.
    /// </summary>
    Shadow,
}
