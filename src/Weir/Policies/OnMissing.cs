namespace Weir;

/// <summary>Handling of a request that lacks a dimension of a limit.</summary>
public enum OnMissing
{
    /// <summary>The limit does not apply, and the decision lists it as skipped (the default).</summary>
    Skip,

    /// <summary>The request is refused, and nothing is spent.</summary>
    Deny,

    /// <summary>All requests that lack the same dimensions share one bucket.</summary>
    Together,
}
