using System.Collections.Immutable;

namespace Weir;

/// <summary>One rule of a plan: its dimensions, its numbers, when it applies, and whether it is enforced.</summary>
public sealed class Limit
{
    /// <summary>The dimension every request has: its key.</summary>
    public const string KeyDimension = "key";

    /// <summary>The unit of limits that name none: what <see cref="RequestFacts.Cost"/> is counted in.</summary>
    public const string Requests = "requests";

    /// <summary>The unit; null for requests, which most limits count.</summary>
    private readonly string? _unit;

    /// <summary>The largest <see cref="Cost"/>.</summary>
    public const long MaxCost = 1_000_000;

    /// <summary>Makes a limit.</summary>
    /// <param name="name">Its name within the plan; also its policy name in the <c>RateLimit</c> headers.</param>
    /// <param name="dimensions">What buckets are told apart by beside the tenant; may be empty.</param>
    /// <param name="quota">The numbers.</param>
    public Limit(string name, IEnumerable<Dimension> dimensions, Quota quota)
    {
        Name = name;
        NameHash = BucketHash.OfName(name);
        Dimensions = [.. dimensions];
        Quota = quota;
    }

    /// <summary>Makes a limit by dimensions without prefix bits.</summary>
    public Limit(string name, IEnumerable<string> dimensions, Quota quota)
        : this(name, dimensions.Select(dimension => new Dimension(dimension)), quota)
    {
    }

    /// <summary>The limit's name within its plan.</summary>
    public string Name { get; }

    /// <summary>The hash of the name, computed once.</summary>
    internal ulong NameHash { get; }

    /// <summary>What buckets are told apart by, beside the tenant, in order.</summary>
    public ImmutableArray<Dimension> Dimensions { get; }

    /// <summary>The numbers.</summary>
    public Quota Quota { get; }

    /// <summary>What the limit's word counts.</summary>
    public LimitMode Mode { get; init; }

    /// <summary>The unit that the limit counts: a name, <see cref="Requests"/> by default.</summary>
    public string Unit
    {
        get => _unit ?? Requests;
        init => _unit = value == Requests ? null : value;
    }

    /// <summary>
    /// Multiplies a request's cost for this limit, from 1 (the default) to <see cref="MaxCost"/>. Of permits: how many
    /// a request holds, whatever its cost.
    /// </summary>
    public long Cost { get; init; } = 1;

    /// <summary>
    /// True when each decision is Redis' own: nothing is leased, and no refusal is remembered. False by default.
    /// </summary>
    public bool IsStrict { get; init; }

    /// <summary>
    /// What becomes of a request that lacks one of <see cref="Dimensions"/>; <see cref="OnMissing.Skip"/> by default.
    /// </summary>
    public OnMissing Missing { get; init; }

    /// <summary>All must hold for the limit to apply; none by default.</summary>
    public ImmutableArray<Condition> When { get; init; } = [];

    /// <summary>The limit does not apply if all of them hold; none by default, which excepts nothing.</summary>
    public ImmutableArray<Condition> Unless { get; init; } = [];

    /// <summary>Returns what a request takes of this limit.</summary>
    internal long CostOf(in RequestFacts facts)
    {
        long cost = AmountOf(facts);
        return Quota is ConcurrencyQuota ? cost == 0 ? 0 : Cost : cost * Cost;
    }

    /// <summary>True if no request that takes anything of this limit could take less than this cost.</summary>
    internal bool IsLeast(long cost) => cost <= Cost;

    /// <summary>
    /// Returns how many requests still fit: of cost 1, or in another unit of the cost that this request has there.
    /// </summary>
    internal long RequestsIn(long tokens, in RequestFacts facts)
    {
        long each = _unit is null ? Cost : CostOf(facts);
        return each == 0 ? long.MaxValue : tokens / each;
    }

    private long AmountOf(in RequestFacts facts) => _unit is null ? facts.Cost : facts.CostIn(_unit);

    /// <summary>Why this limit does not apply to a request, in words; null when it does, or refuses it.</summary>
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

    /// <summary>The dimensions of this limit that a request lacks.</summary>
    public IEnumerable<string> MissingIn(RequestFacts facts) =>
        Dimensions.Select(dimension => dimension.Name).Distinct().Where(name => facts.ValueOf(name) is null);

    /// <summary>Why a request is refused that lacks a dimension of this limit, and the cure.</summary>
    internal string DenialOf(in RequestFacts facts) =>
        $"the limit {Name} counts by {string.Join(" and ", MissingIn(facts))}, which the request lacks: send it in attributes";

    /// <summary>False when the request lacks a dimension of this limit.</summary>
    internal bool HasDimensionsIn(in RequestFacts facts)
    {
        foreach (var dimension in Dimensions)
        {
            if (facts.ValueOf(dimension.Name) is null)
                return false;
        }

        return true;
    }

    /// <summary>True if there is a bucket for the request.</summary>
    internal bool HasBucketFor(in RequestFacts facts) => Missing == OnMissing.Together || HasDimensionsIn(facts);

    /// <summary>True when it asks nothing of a request that not every request has.</summary>
    internal bool AppliesAlways =>
        When.IsEmpty && Unless.IsEmpty && Dimensions.All(dimension => dimension.Name == KeyDimension);

    /// <summary>True if the request meets the conditions of this limit, whatever its dimensions.</summary>
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
