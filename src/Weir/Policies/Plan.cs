using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Numerics;

namespace Weir;

/// <summary>Handling of a plan's requests in an outage.</summary>
public enum OnOutage
{
    /// <summary>Decide from this instance's memory (the default).</summary>
    Local,

    /// <summary>Allow every request.</summary>
    Allow,

    /// <summary>Refuse every request as temporarily unavailable (503), never as over the limit.</summary>
    Deny,
}

/// <summary>A named set of limits, with the overrides of a tenant or key merged in.</summary>
public sealed record Plan
{
    /// <summary>Maximum number of limits of a plan, including limits that a tenant adds.</summary>
    public const int MaxLimits = 16;

    /// <summary>Creates a plan.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="MaxLimits"/> limits.</exception>
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

    private readonly uint _always;

    /// <summary>Name of the plan in the policy document.</summary>
    public string Name { get; }

    /// <summary>Limits in the document's order.</summary>
    public ImmutableArray<Limit> Limits { get; }

    /// <summary>Handling of requests in an outage.</summary>
    public OnOutage OnOutage { get; }

    /// <summary>Plans of the keys that have overrides, by key, with the overrides merged in.</summary>
    public FrozenDictionary<string, Plan> Keys { get; init; } = FrozenDictionary<string, Plan>.Empty;

    /// <summary>Units of limits that the tenant or key is exempt from. These units count as known.</summary>
    internal ImmutableArray<string> ExemptUnits { get; init; } = [];

    /// <summary>True if a limit is in shadow mode.</summary>
    public bool HasShadows { get; }

    internal bool HasWindows { get; }

    internal bool HasPermits { get; }

    /// <summary>Bits of the limits that deny requests without their dimensions.</summary>
    internal uint Denying { get; }

    internal uint Enforced { get; }

    // Returns the bits of the applying limits and, as lacking, of the limits that only lack a dimension. Pure.
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

    /// <summary>Returns the units that no limit counts, not even an exempt limit; null if there are none.</summary>
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

    internal bool Counts(string unit)
    {
        foreach (var limit in Limits)
        {
            if (limit.Unit == unit)
                return true;
        }

        return ExemptUnits.Contains(unit);
    }

    internal LimitSet Resolve(in RequestFacts facts) =>
        new(facts, this, Applying(facts, out uint lacking)) { Lacking = lacking };
}
