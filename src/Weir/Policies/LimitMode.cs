namespace Weir;

/// <summary>What a limit's word counts.</summary>
public enum LimitMode
{
    /// <summary>It refuses (the default).</summary>
    Enforce,

    /// <summary>It only says what it would have done: it counts in a bucket of its own as if it refused, and never changes an answer.</summary>
    Shadow,
}
