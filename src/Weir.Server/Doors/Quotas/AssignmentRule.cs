using System.Collections.Immutable;

namespace Weir.Server;

/// <summary>How tokens of a bucket are assigned to clients: by which plan they are taken, and for how long.</summary>
// A client may spend tokens up to two lifetimes after the take: one in transit, one at the client. The plan keeps law
// L1 exactly, because it lowers each capacity by the refill of two lifetimes (docs/decisions/051).
internal sealed record AssignmentRule
{
    /// <summary>Maximum time in which a client may spend its tokens.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromSeconds(1);

    /// <summary>Minimum time in which a client may spend its tokens: a shorter one would be over on arrival.</summary>
    public static readonly TimeSpan MinLifetime = TimeSpan.FromMilliseconds(50);

    private const int LifetimesAhead = 2;

    private const int LifetimesPerFill = 4;

    /// <summary>The plan that takes tokens; null if no limit applies.</summary>
    public Plan? Plan { get; private init; }

    /// <summary>Time in which a client may spend its tokens; zero shortly before a window ends.</summary>
    public TimeSpan Lifetime { get; private init; } = MaxLifetime;

    /// <summary>The limit that is too small to be assigned, and the cure; null for none.</summary>
    public string? Error { get; private init; }

    /// <summary>Smallest capacity of the plan's limits, in requests.</summary>
    public long Capacity { get; private init; } = long.MaxValue;

    /// <summary>True if unspent tokens come back. Those of a window are lost until it ends.</summary>
    public bool Refills { get; private init; }

    /// <summary>Creates the rule for the enforced limits of a bucket that count requests, without permits.</summary>
    public static AssignmentRule Of(in LimitSet limits, DateTimeOffset now)
    {
        var counted = new List<Limit>();
        var lifetime = MaxLifetime;
        foreach (var limit in limits)
        {
            if (limit.Mode != LimitMode.Enforce || limit.Unit != Limit.Requests || limit.Quota is ConcurrencyQuota)
                continue;
            counted.Add(limit);
            var own = LifetimeOf(limit.Quota, now);
            if (limit.Quota is TokenQuota && own < MinLifetime)
                return new() { Error = TooShort(limit) };
            lifetime = own < lifetime ? own : lifetime;
        }

        if (counted.Count == 0)
            return new();
        var assigned = counted.Select(limit => Assigned(limit, lifetime)).ToImmutableArray();
        if (assigned.IndexOf(null) is >= 0 and var small)
            return new() { Error = $"{counted[small].Name}: its burst is {counted[small].Quota.Capacity}; use 2 or more" };
        return new()
        {
            Plan = new Plan(limits.Plan.Name, assigned!, limits.Plan.OnOutage),
            Lifetime = lifetime < MinLifetime ? TimeSpan.Zero : lifetime,
            Capacity = assigned.Min(limit => limit!.Quota.Capacity / limit.Cost),
            Refills = assigned.All(limit => limit!.Quota is TokenQuota),
        };
    }

    private static TimeSpan LifetimeOf(Quota quota, DateTimeOffset now) => quota switch
    {
        TokenQuota { Capacity: > 0 } tokens => tokens.Window / LifetimesPerFill,
        WindowQuota window => window.EndAt(now) - now is var left ? left / LifetimesAhead : default,
        _ => MaxLifetime,
    };

    private static string TooShort(Limit limit) =>
        $"{limit.Name}: its burst returns within {limit.Quota.Window.TotalMilliseconds:0} ms; "
            + $"use a burst of {(MinLifetime * LifetimesPerFill).TotalMilliseconds:0} ms or more";

    private static Limit? Assigned(Limit limit, TimeSpan lifetime)
    {
        if (limit.Quota is not TokenQuota { Capacity: > 0 } tokens)
            return Copy(limit, limit.Quota);
        Int128 ahead = (Int128)tokens.Tokens * LifetimesAhead * lifetime.Ticks;
        long capacity = tokens.Capacity - (long)((ahead + tokens.Period.Ticks - 1) / tokens.Period.Ticks);
        return capacity < 1 ? null : Copy(limit, TokenQuota.Create(tokens.Tokens, tokens.Period, capacity));
    }

    // Strict, because a lease would hand the assigned tokens out ahead a second time.
    private static Limit Copy(Limit limit, Quota quota) => new(limit.Name, limit.Dimensions, quota)
    {
        Mode = limit.Mode,
        Cost = limit.Cost,
        Missing = limit.Missing,
        IsStrict = true,
    };
}
