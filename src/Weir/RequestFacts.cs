namespace Weir;

/// <summary>Input of a decision: tenant, key, costs and attributes of a request.</summary>
/// <param name="Tenant">Owner of the buckets; see <see cref="Bounds.IsTenant"/>.</param>
/// <param name="Key">Key of the limited caller: 1 to <see cref="Bounds.MaxKeyBytes"/> bytes of UTF-8.</param>
/// <param name="Cost">Cost in requests: 1 to <see cref="Bounds.MaxCost"/>, or 0 in a check or with other costs.</param>
/// <param name="Attributes">Values of further dimensions by name; at most <see cref="Bounds.MaxAttributes"/>.</param>
/// <param name="Costs">Costs in other units, 0 to <see cref="Bounds.MaxCost"/>, at most
/// <see cref="Plan.MaxLimits"/>.</param>
public readonly record struct RequestFacts(
    string Tenant, string Key, long Cost = 1, IReadOnlyDictionary<string, string>? Attributes = null,
    IReadOnlyDictionary<string, long>? Costs = null)
{
    /// <summary>Tenant of requests that name no tenant.</summary>
    public const string DefaultTenant = "default";

    internal bool GivesBack => Cost < 0 || (Costs is not null && Costs.Values.Any(cost => cost < 0));

    internal string? ValueOf(string dimension) =>
        dimension == Limit.KeyDimension ? Key
        : Attributes is not null && Attributes.TryGetValue(dimension, out string? value) ? value
        : null;

    internal long CostIn(string unit) => Costs is not null && Costs.TryGetValue(unit, out long cost) ? cost : 0;

    internal RequestFacts At(long cost) => this with { Cost = cost, Costs = null };

    internal RequestFacts Negated() => this with
    {
        Cost = -Cost,
        Costs = Costs?.ToDictionary(cost => cost.Key, cost => -cost.Value, StringComparer.Ordinal),
    };
}
