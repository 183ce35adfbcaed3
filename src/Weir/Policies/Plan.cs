using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Numerics;

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
public sealed record Plan
{
    /// <summary>Limits of a plan, at most, a tenant's own included.</summary>
    public const int MaxLimits = 16;

    /// <summary>Makes a plan.</summary>
    /// <param name="name">The plan's name in the policy document.</param>
    /// <param name="limits">Its limits, in the document's order; at most <see cref="MaxLimits"/>.</param>
    /// <param name="onOutage">What to answer while the store is in an outage.</param>
    /// <exception cref="ArgumentException">There are too many limits.</exception>
    public Plan(string name, ImmutableArray<Limit> limits, OnOutage onOutage)
    {
        if (limits.Length > MaxLimits)
            throw new ArgumentException($"a plan has at most {MaxLimits} limits", nameof(limits));
        Name = name;
        Limits = limits;
        OnOutage = onOutage;
        HasWindows = limits.Any(limit => limit.Quota is WindowQuota);
        HasShadows = limits.Any(limit => limit.Mode == LimitMode.Shadow);
        HasPermits = limits.Any(limit => limit.Quota is ConcurrencyQuota);
        for (int i = 0; i < limits.Length; i++)
        {
            uint bit = 1u << i;
            _always |= limits[i].AppliesAlways ? bit : 0;
            Denying |= limits[i].Missing == OnMissing.Deny ? bit : 0;
            Enforced |= limits[i].Mode == LimitMode.Enforce ? bit : 0;
        }
    }

    /// <summary>The limits that apply to every request: a bit each.</summary>
    private readonly uint _always;

    /// <summary>The plan's name in the policy document.</summary>
    public string Name { get; }

    /// <summary>Its limits, in the document's order.</summary>
    public ImmutableArray<Limit> Limits { get; }

    /// <summary>What to answer while the store is in an outage.</summary>
    public OnOutage OnOutage { get; }

    /// <summary>The plans of keys that have other numbers, their overrides merged in.</summary>
    public FrozenDictionary<string, Plan> Keys { get; init; } = FrozenDictionary<string, Plan>.Empty;

    /// <summary>Units of limits from which a tenant or a key is exempt: known, though nothing counts them.</summary>
    internal ImmutableArray<string> ExemptUnits { get; init; } = [];

    /// <summary>True if a limit is in shadow mode.</summary>
    public bool HasShadows { get; }

    /// <summary>True when a decision needs to know what time it is on the wall.</summary>
    internal bool HasWindows { get; }

    /// <summary>True when a decision may hold places.</summary>
    internal bool HasPermits { get; }

    /// <summary>The limits that refuse requests without their dimensions: a bit each.</summary>
    internal uint Denying { get; }

    /// <summary>The limits that are not in shadow mode: a bit each.</summary>
    internal uint Enforced { get; }

    /// <summary>
    /// The limits that apply to a request: a bit each, the lowest for the first. Pure, and without allocation.
    /// </summary>
    /// <param name="facts">The request.</param>
    /// <param name="lacking">The limits that would apply if the request had their dimensions.</param>
    internal uint Applying(in RequestFacts facts, out uint lacking)
    {
        lacking = 0;
        uint applying = _always;
        for (uint rest = ~_always & ((1u << Limits.Length) - 1); rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            if (!Limits[i].IsMeantFor(facts))
                continue;
            if (Limits[i].HasBucketFor(facts))
                applying |= 1u << i;
            else
                lacking |= 1u << i;
        }

        return applying;
    }

    /// <summary>
    /// Returns the units of these costs that no limit counts, also none that somebody is exempt from; null if there are
    /// none.
    /// </summary>
    internal IReadOnlyList<string>? UnknownUnits(IReadOnlyDictionary<string, long> costs)
    {
        List<string>? unknown = null;
        foreach (var (unit, _) in costs)
        {
            if (!Counts(unit))
                (unknown ??= []).Add(unit);
        }

        return unknown;
    }

    /// <summary>True if a limit counts a unit, also if somebody is exempt from it.</summary>
    internal bool Counts(string unit)
    {
        foreach (var limit in Limits)
        {
            if (limit.Unit == unit)
                return true;
        }

        return ExemptUnits.Contains(unit);
    }

    /// <summary>The request with the limits that apply to it.</summary>
    internal LimitSet Resolve(in RequestFacts facts) =>
        new(facts, this, Applying(facts, out uint lacking)) { Lacking = lacking };
}
