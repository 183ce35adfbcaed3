namespace Weir;

/// <summary>What is known of a request: who asks, for which key, at what cost.</summary>
/// <param name="Tenant">The customer of the service whose buckets are asked; see <see cref="Bounds.IsTenant"/>.</param>
/// <param name="Key">What the request is counted by: from 1 to <see cref="Bounds.MaxKeyBytes"/> bytes in UTF-8, compared bytewise.</param>
/// <param name="Cost">Tokens the request takes; from 1 (0 for a check) to <see cref="Bounds.MaxCost"/>.</param>
/// <param name="Attributes">Further dimensions by name; at most <see cref="Bounds.MaxAttributes"/>.</param>
public readonly record struct RequestFacts(
    string Tenant, string Key, long Cost = 1, IReadOnlyDictionary<string, string>? Attributes = null)
{
    /// <summary>The tenant of requests that name none.</summary>
    public const string DefaultTenant = "default";

    /// <summary>The value of a dimension, or null when the request lacks it.</summary>
    internal string? ValueOf(string dimension) =>
        dimension == Limit.KeyDimension ? Key
        : Attributes is not null && Attributes.TryGetValue(dimension, out string? value) ? value
        : null;
}
