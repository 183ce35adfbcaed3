namespace Weir;

/// <summary>The facts of a request: its tenant, its key, its cost and its attributes.</summary>
/// <param name="Tenant">The customer of the service whose buckets are asked; see <see cref="Bounds.IsTenant"/>.</param>
/// <param name="Key">
/// What the request is counted by: from 1 to <see cref="Bounds.MaxKeyBytes"/> bytes in UTF-8, compared bytewise.
/// </param>
/// <param name="Cost">
/// What the request costs in <see cref="Limit.Requests"/>; from 1 (0 for a check, or beside <paramref name="Costs"/>)
/// to <see cref="Bounds.MaxCost"/>.
/// </param>
/// <param name="Attributes">Further dimensions by name; at most <see cref="Bounds.MaxAttributes"/>.</param>
/// <param name="Costs">
/// What the request costs in other units, by unit: at most <see cref="Plan.MaxLimits"/>, each from 0 to
/// <see cref="Bounds.MaxCost"/>. A unit that is missing costs 0.
/// </param>
public readonly record struct RequestFacts(
    string Tenant, string Key, long Cost = 1, IReadOnlyDictionary<string, string>? Attributes = null,
    IReadOnlyDictionary<string, long>? Costs = null)
{
    /// <summary>The tenant of requests that name none.</summary>
    public const string DefaultTenant = "default";

    /// <summary>True if the request gives something back in any unit.</summary>
    internal bool GivesBack => Cost < 0 || (Costs is not null && Costs.Values.Any(cost => cost < 0));

    /// <summary>The value of a dimension, or null when the request lacks it.</summary>
    internal string? ValueOf(string dimension) =>
        dimension == Limit.KeyDimension ? Key
        : Attributes is not null && Attributes.TryGetValue(dimension, out string? value) ? value
        : null;

    /// <summary>Returns the cost in a unit other than requests.</summary>
    internal long CostIn(string unit) => Costs is not null && Costs.TryGetValue(unit, out long cost) ? cost : 0;

    /// <summary>Returns the same request at a cost in requests, and at none in other units.</summary>
    internal RequestFacts At(long cost) => this with { Cost = cost, Costs = null };

    /// <summary>Returns the request that gives back what this one takes.</summary>
    internal RequestFacts Negated() => this with
    {
        Cost = -Cost,
        Costs = Costs?.ToDictionary(cost => cost.Key, cost => -cost.Value, StringComparer.Ordinal),
    };
}
