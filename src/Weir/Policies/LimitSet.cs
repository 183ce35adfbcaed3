using System.Numerics;

namespace Weir;

/// <summary>A request with the limits that apply to it: what a store is asked, in one call.</summary>
/// <param name="Facts">The request.</param>
/// <param name="Plan">The tenant's plan.</param>
/// <param name="Applying">Which of the plan's limits apply: a bit each, the lowest for the first.</param>
public readonly record struct LimitSet(RequestFacts Facts, Plan Plan, uint Applying)
{
    internal LimitSet(in RequestFacts facts, Plan plan, uint applying, bool isListed, PermitHolder? holder)
        : this(facts, plan, applying) => (TenantIsListed, Holder) = (isListed, holder);

    /// <summary>
    /// True when the policies name the tenant. Of those they do not name there are as many as anybody cares to invent.
    /// </summary>
    public bool TenantIsListed { get; init; }

    /// <summary>How many limits apply.</summary>
    public int Count => BitOperations.PopCount(Applying);

    /// <summary>True when no limit applies.</summary>
    public bool IsEmpty => Applying == 0;

    /// <summary>Which of the plan's limits would apply if the request had their dimensions: a bit each.</summary>
    internal uint Lacking { get; init; }

    /// <summary>Which of them the decision reports as skipped.</summary>
    internal uint Skipped => IsCharge ? Lacking : Lacking & ~Plan.Denying;

    /// <summary>Which of them refuse the request, or would if they were not in shadow mode.</summary>
    internal uint Denied => IsCharge ? 0 : Lacking & Plan.Denying;

    /// <summary>True for a charge, which no limit denies: one whose dimensions it lacks is skipped.</summary>
    internal bool IsCharge { get; init; }

    /// <summary>True if the request is refused without a look at any bucket.</summary>
    internal bool IsDenied => (Denied & Plan.Enforced) != 0;

    /// <summary>The part of the buckets on which this instance decides; the default is all of them.</summary>
    internal Share Share { get; init; }

    /// <summary>Who holds the permits that the request takes; null for a plan that has none.</summary>
    internal PermitHolder? Holder { get; init; }

    /// <summary>Microseconds for which a permit of a limit is held.</summary>
    internal long LeaseUs(ConcurrencyQuota quota) =>
        (Holder?.Lease is { } lease && lease < quota.Lease ? lease : quota.Lease).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The first limit that applies; there must be one.</summary>
    internal Limit First => Plan.Limits[BitOperations.TrailingZeroCount(Applying)];

    /// <summary>The limits that apply, in the plan's order.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>The same with only one of its limits.</summary>
    internal LimitSet Only(int index)
    {
        uint rest = Applying;
        for (int i = 0; i < index; i++)
            rest &= rest - 1;
        return this with { Applying = rest & (~rest + 1) };
    }

    /// <summary>
    /// The same with the attributes that its limits are keyed by, without costs in other units and without a holder:
    /// enough to name its buckets.
    /// </summary>
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

    /// <summary>Goes through the limits of a set without allocation.</summary>
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

        /// <summary>The limit at hand.</summary>
        public Limit Current { get; private set; }

        /// <summary>Goes to the next limit; false when there is none.</summary>
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

/// <summary>Who holds permits.</summary>
/// <param name="Id">By whom they are given back.</param>
/// <param name="Lease">
/// How long they are held at most, beside their limits' leases; null when there is no other bound.
/// </param>
internal sealed record PermitHolder(UInt128 Id, TimeSpan? Lease = null);
