using System.Collections.Immutable;

namespace Weir;

/// <summary>What a plan answers while its store is in an outage.</summary>
public enum OnOutage
{
    /// <summary>Decide from this instance's memory (the default).</summary>
    Local,

    /// <summary>Let everything through.</summary>
    Allow,

    /// <summary>Answer that capacity is temporarily reduced (503), never that a quota was exceeded.</summary>
    Deny,
}

/// <summary>A named set of limits, as one tenant has them: overrides of the tenant are merged in.</summary>
/// <param name="Name">The plan's name in the policy document.</param>
/// <param name="Limits">Its limits, in the document's order. At most one applies to a request in this version.</param>
/// <param name="OnOutage">What to answer while the store is in an outage.</param>
public sealed record Plan(string Name, ImmutableArray<Limit> Limits, OnOutage OnOutage);
