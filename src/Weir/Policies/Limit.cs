using System.Collections.Immutable;

namespace Weir;

/// <summary>One rule of a plan.</summary>
public sealed class Limit
{
    /// <summary>The dimension of every request: its key.</summary>
    public const string KeyDimension = "key";

    /// <summary>The default unit, in which <see cref="RequestFacts.Cost"/> counts.</summary>
    public const string Requests = "requests";

    private readonly string? _unit;

    /// <summary>Maximum of <see cref="Cost"/>.</summary>
    public const long MaxCost = 1_000_000;

    /// <summary>Creates a limit with dimensions beside the tenant. <c>RateLimit</c> headers show its name.</summary>
    public Limit(string name, IEnumerable<Dimension> dimensions, Quota quota)
    {
        Name = name;
        NameHash = BucketHash.OfName(name);
        Dimensions = [.. dimensions];
        Quota = quota;
    }

    /// <summary>Creates a limit by dimensions without prefix bits.</summary>
    public Limit(string name, IEnumerable<string> dimensions, Quota quota)
        : this(name, dimensions.Select(dimension => new Dimension(dimension)), quota)
    {
    }

    /// <summary>Name of the limit within its plan.</summary>
    public string Name { get; }

    internal ulong NameHash { get; }

    /// <summary>Dimensions beside the tenant, in order.</summary>
    public ImmutableArray<Dimension> Dimensions { get; }

    /// <summary>Numbers of the limit.</summary>
    public Quota Quota { get; }

    /// <summary>Whether the limit is enforced or only observed.</summary>
    public LimitMode Mode { get; init; }

    /// <summary>Unit that the limit counts; <see cref="Requests"/> by default.</summary>
    public string Unit
    {
        get => _unit ?? Requests;
        init => _unit = value == Requests ? null : value;
    }

    /// <summary>Cost factor, 1 (default) to <see cref="MaxCost"/>. Permits: the number a request holds.</summary>
    public long Cost { get; init; } = 1;

    /// <summary>True to ask the primary for each decision, without leases; default false.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Handling of requests without a dimension; <see cref="OnMissing.Skip"/> by default.</summary>
    public OnMissing Missing { get; init; }

    /// <summary>Conditions that must all hold for the limit to apply; none by default.</summary>
    public ImmutableArray<Condition> When { get; init; } = [];

    /// <summary>Exception: the limit does not apply if all of these hold; none by default.</summary>
    public ImmutableArray<Condition> Unless { get; init; } = [];

    internal long CostOf(in RequestFacts facts)
    {
        long cost = AmountOf(facts);
        return Quota is ConcurrencyQuota ? cost == 0 ? 0 : Cost : cost * Cost;
    }

    /// <summary>True if no request that takes from this limit could cost less.</summary>
    internal bool IsLeast(long cost) => cost <= Cost;

    /// <summary>Returns how many such requests fit: of cost 1, or in another unit of this request's cost.</summary>
    internal long RequestsIn(long tokens, in RequestFacts facts)
    {
        long each = _unit is null ? Cost : CostOf(facts);
        return each == 0 ? long.MaxValue : tokens / each;
    }

    private long AmountOf(in RequestFacts facts) => _unit is null ? facts.Cost : facts.CostIn(_unit);

    /// <summary>Explains why this limit does not apply to a request; null if it applies or denies.</summary>
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

    /// <summary>Returns the dimensions of this limit that a request lacks.</summary>
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

    /// <summary>True if the request meets the conditions, whatever its dimensions.</summary>
    internal bool IsMeantFor(in RequestFacts facts)
    {
        foreach (var condition in When)
        {
            if (!condition.Holds(facts))
                return false;
        }

        return !IsExcepted(facts);
    }

    /// <summary>A request that lacks an attribute is not excepted by it.</summary>
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
