using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Creates the plan of a descriptor's own limit: a token bucket that holds the requests of one unit.</summary>
internal sealed class OverridePlans(RateLimiter limiter, NewRates newRates)
{
    /// <summary>The name of the plan and of its limit. No policy may use it: names know no <c>~</c>.</summary>
    public const string Name = "~override";

    private readonly PlansOfRequests[] _plans =
        [.. Enum.GetValues<OnOutage>().Select(onOutage => new PlansOfRequests(Name, newRates, onOutage))];

    private readonly Plan[] _bans =
    [
        .. Enum.GetValues<OnOutage>()
            .Select(onOutage => new Plan(Name, [new Limit(Name, [Limit.KeyDimension], TokenQuota.None)], onOutage)),
    ];

    /// <summary>Returns the plan of a limit. Outages follow the tenant's plan.</summary>
    public Plan Of(string tenant, RateLimitDescriptor.Types.RateLimitOverride limit, string field)
    {
        if (RateUnits.SecondsOf(limit.Unit) is not { } seconds)
            throw GrpcFault.Invalid($"{field}.unit", $"{limit.Unit} is no unit; use SECOND, MINUTE, HOUR, DAY, WEEK, MONTH or YEAR");
        int onOutage = (int)limiter.Policies.PlanOf(tenant).OnOutage;
        long tokens = limit.RequestsPerUnit;
        if (tokens == 0)
            return _bans[onOutage];
        return _plans[onOutage].Of(tenant, tokens - 1, tokens, seconds, out string? error)
            ?? throw GrpcFault.Invalid($"{field}.requests_per_unit", $"{tokens} per {limit.Unit}: {error}");
    }
}
