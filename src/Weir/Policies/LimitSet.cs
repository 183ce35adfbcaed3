using System.Numerics;

namespace Weir;

/// <summary>A request with its applying limits, a bit each from the lowest, for one call to a store.</summary>
public readonly record struct LimitSet(RequestFacts Facts, Plan Plan, uint Applying)
{
    internal LimitSet(in RequestFacts facts, Plan plan, uint applying, bool isListed, PermitHolder? holder)
        : this(facts, plan, applying) => (TenantIsListed, Holder) = (isListed, holder);

    /// <summary>True if the policies name the tenant. The number of other tenants is unbounded.</summary>
    public bool TenantIsListed { get; init; }

    /// <summary>Number of applying limits.</summary>
    public int Count => BitOperations.PopCount(Applying);

    /// <summary>True if no limit applies.</summary>
    public bool IsEmpty => Applying == 0;

    /// <summary>Limits that would apply if the request had their dimensions: a bit each.</summary>
    internal uint Lacking { get; init; }

    internal uint Skipped => IsCharge ? Lacking : Lacking & ~Plan.Denying;

    /// <summary>Limits that refuse the request, or would if not in shadow mode.</summary>
    internal uint Denied => IsCharge ? 0 : Lacking & Plan.Denying;

    /// <summary>True for a charge: a limit with a missing dimension is skipped, never denied.</summary>
    internal bool IsCharge { get; init; }

    internal bool IsDenied => (Denied & Plan.Enforced) != 0;

    /// <summary>The outage share on which this instance decides; all by default.</summary>
    internal Share Share { get; init; }

    internal PermitHolder? Holder { get; init; }

    internal long LeaseUs(ConcurrencyQuota quota) =>
        (Holder?.Lease is { } lease && lease < quota.Lease ? lease : quota.Lease).Ticks / TimeSpan.TicksPerMicrosecond;

    internal Limit First => Plan.Limits[BitOperations.TrailingZeroCount(Applying)];

    /// <summary>Enumerates the applying limits in the plan's order.</summary>
    public Enumerator GetEnumerator() => new(this);

    internal LimitSet Only(int index)
    {
        uint rest = Applying;
        for (int i = 0; i < index; i++)
            rest &= rest - 1;
        return this with { Applying = rest & (~rest + 1) };
    }

    // Returns the set with only the attributes that name its buckets, without other costs and holder.
    internal LimitSet Lean()
    {
        if (Facts.Attributes is not { } all)
            return this with { Facts = Facts.At(Facts.Cost), Holder = null };
        var needed = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var limit in this)
        {
            foreach (var dimension in limit.Dimensions)
            {
                if (all.TryGetValue(dimension.Name, out string? value))
                    needed[dimension.Name] = value;
            }
        }

        var facts = Facts.At(Facts.Cost) with { Attributes = needed.Count > 0 ? needed : null };
        return this with { Facts = facts, Holder = null };
    }

    /// <summary>Enumerates limits without allocation.</summary>
    public struct Enumerator
    {
        private readonly Plan _plan;
        private uint _rest;

        internal Enumerator(in LimitSet set)
        {
            _plan = set.Plan;
            _rest = set.Applying;
            Current = null!;
        }

        /// <summary>The current limit.</summary>
        public Limit Current { get; private set; }

        /// <summary>Advances to the next limit; false at the end.</summary>
        public bool MoveNext()
        {
            if (_rest == 0)
                return false;
            Current = _plan.Limits[BitOperations.TrailingZeroCount(_rest)];
            _rest &= _rest - 1;
            return true;
        }
    }
}

// Holder of permits, by whose id they are returned, and an optional permit timeout below the limits' own.
internal sealed record PermitHolder(UInt128 Id, TimeSpan? Lease = null);
