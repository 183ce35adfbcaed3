using System.Globalization;

namespace Weir.Server;

/// <summary>Says why a request gets what it gets: which limits apply and why, and from which layer each of their values comes.</summary>
internal sealed class Explanations(RateLimiter limiter, LiveData live)
{
    public async ValueTask<ExplanationBody> ExplainAsync(RequestFacts facts)
    {
        var set = limiter.Policies;
        var plan = set.PlanOf(facts.Tenant);
        var plansOwn = set.Plans.FirstOrDefault(own => own.Name == plan.Name);
        string tenantLayer = TenantLayer(set, facts.Tenant);
        var decision = await limiter.CheckAsync(facts);
        return new ExplanationBody(
            facts.Tenant,
            plan.Name,
            PlanFrom(set, facts.Tenant),
            live.Version,
            limiter.BlockOf(facts),
            [.. plan.Limits.Select(limit => Explain(limit, plansOwn?.Limits.FirstOrDefault(own => own.Name == limit.Name), facts, $"plan {plan.Name}", tenantLayer))],
            Spelling.Body(decision));
    }

    /// <summary>Where a tenant's plan is said.</summary>
    public static string PlanFrom(PolicySet set, string tenant) =>
        set.IsLive(tenant) ? "live" : set.IsInDocument(tenant) ? "document" : "default";

    /// <summary>What the tenant's own layer is called; live data that holds only until a time is a boost.</summary>
    private string TenantLayer(PolicySet set, string tenant)
    {
        string from = PlanFrom(set, tenant);
        bool isBoost = from == "live" && live.IsBoosted(tenant);
        return $"{(isBoost ? "boost of" : from)} tenant {tenant}";
    }

    private static LimitExplanation Explain(Limit limit, Limit? plans, RequestFacts facts, string planLayer, string tenantLayer)
    {
        string? whyNot = limit.WhyNot(facts);
        var plansValues = plans is null ? [] : ValuesOf(plans).ToDictionary(value => value.Name, value => value.Value);
        return new LimitExplanation(
            limit.Name,
            whyNot is null,
            whyNot ?? "it has all that the limit is keyed by, and meets its conditions",
            limit == plans ? planLayer : tenantLayer,
            Describe(limit.Quota),
            [.. limit.Dimensions.Select(dimension => dimension.ToString())],
            Spelling.Of(limit.Mode),
            limit.Cost,
            [.. ValuesOf(limit).Select(value => new ValueExplanation(value.Name, value.Value, plansValues.GetValueOrDefault(value.Name) == value.Value ? planLayer : tenantLayer))]);
    }

    /// <summary>The values of a limit by the names that the document has for them.</summary>
    private static IEnumerable<(string Name, string Value)> ValuesOf(Limit limit)
    {
        foreach (var value in ValuesOf(limit.Quota))
            yield return value;
        yield return ("by", $"[{string.Join(", ", limit.Dimensions)}]");
        foreach (var condition in limit.When)
            yield return ($"when.{condition.Dimension}", string.Join(" or ", condition.Patterns));
        yield return ("cost", limit.Cost.ToString(CultureInfo.InvariantCulture));
        yield return ("mode", Spelling.Of(limit.Mode));
        yield return ("lease", limit.IsStrict ? "off" : "on");
    }

    private static (string Name, string Value)[] ValuesOf(Quota quota) => quota switch
    {
        TokenQuota { Tokens: 0 } => [("rate", "0/s")],
        TokenQuota bucket => [("rate", string.Create(CultureInfo.InvariantCulture, $"{bucket.Tokens}/{bucket.Period.TotalMilliseconds:0.###}ms")), ("burst", Number(bucket.Capacity))],
        WindowQuota window => [("window.limit", Number(window.Capacity)), ("window.every", Spelling.Of(window.Every)), ("window.zone", window.Zone)],
        ConcurrencyQuota places => [("concurrency.limit", Number(places.Capacity)), ("concurrency.lease", string.Create(CultureInfo.InvariantCulture, $"{places.Lease.TotalMilliseconds:0}ms"))],
        _ => [],
    };

    private static string Describe(Quota quota) => quota switch
    {
        TokenQuota { Tokens: 0 } => "banned",
        TokenQuota bucket => string.Create(CultureInfo.InvariantCulture, $"{bucket.Tokens} per {bucket.Period.TotalMilliseconds:0.###} ms, burst {bucket.Capacity}"),
        WindowQuota window => $"{window.Capacity} every {Spelling.Of(window.Every)} in {window.Zone}",
        ConcurrencyQuota places => string.Create(CultureInfo.InvariantCulture, $"{places.Capacity} at the same time, each for {places.Lease.TotalMilliseconds:0} ms at most"),
        _ => "",
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
