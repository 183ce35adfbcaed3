using System.Numerics;

namespace Weir;

/// <summary>A request and the limits of its plan that apply. Bit i of Applying stands for the plan's limit i.</summary>
public readonly record struct LimitSet(RequestFacts Facts, Plan Plan, uint Applying)
{
    internal LimitSet(in RequestFacts facts, Plan plan, uint applying, bool isListed, PermitHolder? holder)
        : this(facts, plan, applying) => (TenantIsListed, Holder) = (isListed, holder);

    /// <summary>True if the policies name the tenant; false for one of an unbounded number of other tenants.</summary>
    public bool TenantIsListed { get; init; }

    /// <summary>Number of applying limits.</summary>
    public int Count => BitOperations.PopCount(Applying);

    /// <summary>True if no limit applies.</summary>
    public bool IsEmpty => Applying == 0;

    /// <summary>Bits of the limits that do not apply only because the request lacks a dimension.</summary>
    internal uint Lacking { get; init; }

    internal uint Skipped => IsCharge ? Lacking : Lacking & ~Plan.Denying;

    // Bits of the limits that deny the missing dimension, including limits in shadow mode.
    internal uint Denied => IsCharge ? 0 : Lacking & Plan.Denying;

    /// <summary>True for a charge, which skips a limit with a missing dimension and is never denied.</summary>
    internal bool IsCharge { get; init; }

    internal bool IsDenied => (Denied & Plan.Enforced) != 0;

    /// <summary>Outage share on which this instance decides; the whole bucket by default.</summary>
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

    // Returns a copy with only the attributes that name buckets, without holder and without costs in other units.
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

    /// <summary>Enumerates the applying limits without allocation.</summary>
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

        /// <summary>Advances to the next limit; returns false at the end.</summary>
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

// Holder of a request's permits, identified by its id. Lease is an optional, shorter permit timeout.
internal sealed record PermitHolder(UInt128 Id, TimeSpan? Lease = null);
