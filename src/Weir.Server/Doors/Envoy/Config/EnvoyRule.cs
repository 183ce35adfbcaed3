using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Weir.Server;

/// <summary>The <c>rate_limit</c> of a configured descriptor, with the descriptor's flags.</summary>
internal sealed record EnvoyRule
{
    /// <summary>Domain, keys and configured values, such as <c>shop.user_anna.path</c>: the metric's name.</summary>
    public required string Path { get; init; }

    /// <summary>Numbers; null for an unlimited rule.</summary>
    public required EnvoyLimit? Limit { get; init; }

    /// <summary>Name by which another rule replaces this one; empty for none.</summary>
    public string Name { get; init; } = "";

    /// <summary>Names of the rules that this one replaces within a request.</summary>
    public ImmutableArray<string> Replaces { get; init; } = [];

    /// <summary>True if the rule counts, but never refuses.</summary>
    public bool IsShadow { get; init; }

    /// <summary>True if the rule refuses a request only together with its other quota rules.</summary>
    public bool IsQuota { get; init; }

    /// <summary>True if the metric's name has the values of the request.</summary>
    public bool IsDetailed { get; init; }

    /// <summary>Metadata for the answers that this rule allows; null for none.</summary>
    public JsonObject? Metadata { get; init; }

    /// <summary>True for a rule that allows everything and counts nothing.</summary>
    public bool IsUnlimited => Limit is null;
}
