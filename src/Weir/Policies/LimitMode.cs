namespace Weir;

/// <summary>Whether a limit is enforced or only observed.</summary>
public enum LimitMode
{
    /// <summary>The limit refuses requests (the default).</summary>
    Enforce,

    /// <summary>The limit counts in its own bucket and reports its decisions, but never refuses a request.</summary>
    Shadow,
}
