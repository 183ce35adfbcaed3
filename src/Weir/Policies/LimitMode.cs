namespace Weir;

/// <summary>Whether a limit is enforced or only observed.</summary>
public enum LimitMode
{
    /// <summary>The limit refuses requests (the default).</summary>
    Enforce,

    /// <summary>The limit counts and reports in its own bucket, and never changes the decision.</summary>
    Shadow,
}
