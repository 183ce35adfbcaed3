using System.Collections.Immutable;

namespace Weir;

/// <summary>Limit: one rule of a plan.</summary>
public sealed class Limit
{
    /// <summary>Name of the dimension that stands for the request's key.</summary>
    public const string KeyDimension = "key";

    /// <summary>Default unit, in which <see cref="RequestFacts.Cost"/> is measured.</summary>
    public const string Requests = "requests";

    private readonly string? _unit;

    /// <summary>Maximum of <see cref="Cost"/>.</summary>
    public const long MaxCost = 1_000_000;

    /// <summary>Creates a limit.</summary>
    /// <param name="name">Name within the plan, shown in <c>RateLimit</c> headers.</param>
    /// <param name="dimensions">Dimensions in addition to the tenant; empty for one bucket per tenant.</param>
    /// <param name="quota">Numbers of the limit, such as a rate and a burst.</param>
    public Limit(string name, IEnumerable<Dimension> dimensions, Quota quota)
    {
        Name = name;
        NameHash = BucketHash.OfName(name);
        Dimensions = [.. dimensions];
        Quota = quota;
    }

    /// <summary>Creates a limit with dimensions by name, without address prefixes.</summary>
    public Limit(string name, IEnumerable<string> dimensions, Quota quota)
        : this(name, dimensions.Select(dimension => new Dimension(dimension)), quota)
    {
    }

    /// <summary>Name of the limit within its plan.</summary>
    public string Name { get; }

    internal ulong NameHash { get; }

    /// <summary>Dimensions in addition to the tenant, in the policy's order.</summary>
    public ImmutableArray<Dimension> Dimensions { get; }

    /// <summary>Numbers of the limit, such as a rate and a burst.</summary>
    public Quota Quota { get; }

    /// <summary>Whether the limit is enforced or only observed.</summary>
    public LimitMode Mode { get; init; }

    /// <summary>Unit of the limit's costs; <see cref="Requests"/> by default.</summary>
    public string Unit
    {
        get => _unit ?? Requests;
        init => _unit = value == Requests ? null : value;
    }

    /// <summary>Factor on costs, 1 (default) to <see cref="MaxCost"/>; for concurrency, permits per request.</summary>
    public long Cost { get; init; } = 1;

    /// <summary>True if the primary makes each decision, without leases; false by default.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Handling of requests that lack a dimension; <see cref="OnMissing.Skip"/> by default.</summary>
    public OnMissing Missing { get; init; }

    /// <summary>Conditions that must all hold for the limit to apply; none by default.</summary>
    public ImmutableArray<Condition> When { get; init; } = [];

    /// <summary>Conditions of an exception: the limit does not apply if all of them hold; none by default.</summary>
    public ImmutableArray<Condition> Unless { get; init; } = [];

    internal long CostOf(in RequestFacts facts)
    {
        long cost = AmountOf(facts);
        return Quota is ConcurrencyQuota ? cost == 0 ? 0 : Cost : cost * Cost;
    }

    /// <summary>True if no request that takes from this limit can have a lower cost.</summary>
    internal bool IsLeast(long cost) => cost <= Cost;

    // Returns how many requests the tokens allow: of cost 1 or, if the unit is not requests, of this request's cost.
    internal long RequestsIn(long tokens, in RequestFacts facts)
    {
        long each = _unit is null ? Cost : CostOf(facts);
        return each == 0 ? long.MaxValue : tokens / each;
    }

    private long AmountOf(in RequestFacts facts) => _unit is null ? facts.Cost : facts.CostIn(_unit);

    /// <summary>Returns why this limit does not apply to a request; null if this limit applies or denies.</summary>
    public string? WhyNot(RequestFacts facts)
    {
        foreach (var condition in When)
        {
            if (!condition.Holds(facts))
                return $"its {condition.Dimension} is not like {string.Join(" or ", condition.Patterns)}";
        }

        if (IsExcepted(facts))
        {
            var exceptions = Unless.Select(condition => $"its {condition.Dimension} is like {string.Join(" or ", condition.Patterns)}");
            return $"it is excepted: {string.Join(", and ", exceptions)}";
        }

        return Missing == OnMissing.Skip && !HasDimensionsIn(facts)
            ? $"the request has no {string.Join(" and no ", MissingIn(facts))}"
            : null;
    }

    /// <summary>Returns the names of this limit's dimensions that a request lacks.</summary>
    public IEnumerable<string> MissingIn(RequestFacts facts) =>
        Dimensions.Select(dimension => dimension.Name).Distinct().Where(name => facts.ValueOf(name) is null);

    internal string DenialOf(in RequestFacts facts) =>
        $"the limit {Name} counts by {string.Join(" and ", MissingIn(facts))}, which the request lacks: send it in attributes";

    internal bool HasDimensionsIn(in RequestFacts facts)
    {
        foreach (var dimension in Dimensions)
        {
            if (facts.ValueOf(dimension.Name) is null)
                return false;
        }

        return true;
    }

    internal bool HasBucketFor(in RequestFacts facts) => Missing == OnMissing.Together || HasDimensionsIn(facts);

    internal bool AppliesAlways =>
        When.IsEmpty && Unless.IsEmpty && Dimensions.All(dimension => dimension.Name == KeyDimension);

    /// <summary>True if the request meets the limit's conditions. Ignores missing dimensions.</summary>
    internal bool IsMeantFor(in RequestFacts facts)
    {
        foreach (var condition in When)
        {
            if (!condition.Holds(facts))
                return false;
        }

        return !IsExcepted(facts);
    }

    /// <summary>True if all conditions of the exception hold. A request without an attribute is not excepted.</summary>
    private bool IsExcepted(in RequestFacts facts)
    {
        foreach (var condition in Unless)
        {
            if (!condition.Holds(facts))
                return false;
        }

        return !Unless.IsEmpty;
    }
}
