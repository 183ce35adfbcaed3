using System.Globalization;

namespace Weir.Server;

/// <summary>Says why a request gets what it gets: which limits apply and why, and where each of them is said.</summary>
internal sealed class Explanations(RateLimiter limiter, LiveData live)
{
    public async ValueTask<ExplanationBody> ExplainAsync(RequestFacts facts)
    {
        var set = limiter.Policies;
        var plan = set.PlanOf(facts.Tenant);
        var decision = await limiter.CheckAsync(facts);
        return new ExplanationBody(
            facts.Tenant,
            plan.Name,
            PlanFrom(set, facts.Tenant),
            live.Version,
            limiter.BlockOf(facts),
            [.. plan.Limits.Select(limit => Explain(set, plan, limit, facts))],
            Spelling.Body(decision));
    }

    /// <summary>Where a tenant's plan is said.</summary>
    public static string PlanFrom(PolicySet set, string tenant) =>
        set.IsLive(tenant) ? "live" : set.IsInDocument(tenant) ? "document" : "default";

    private static LimitExplanation Explain(PolicySet set, Plan plan, Limit limit, RequestFacts facts)
    {
        string? whyNot = limit.WhyNot(facts);
        return new LimitExplanation(
            limit.Name,
            whyNot is null,
            whyNot ?? "it has all that the limit is keyed by, and meets its conditions",
            IsThePlans(set, plan, limit) ? $"plan {plan.Name}" : $"{PlanFrom(set, facts.Tenant)} tenant {facts.Tenant}",
            Describe(limit.Quota),
            [.. limit.Dimensions.Select(dimension => dimension.ToString())],
            Spelling.Of(limit.Mode),
            limit.Cost);
    }

    /// <summary>Equal limits of a document are one object.</summary>
    private static bool IsThePlans(PolicySet set, Plan plan, Limit limit) =>
        set.Plans.FirstOrDefault(own => own.Name == plan.Name) is { } named && named.Limits.Contains(limit);

    private static string Describe(Quota quota) => quota switch
    {
        TokenQuota { Tokens: 0 } => "banned",
        TokenQuota bucket => string.Create(CultureInfo.InvariantCulture, $"{bucket.Tokens} per {bucket.Period.TotalMilliseconds:0.###} ms, burst {bucket.Capacity}"),
        WindowQuota window => $"{window.Capacity} every {window.Every.ToString().ToLowerInvariant()} in {window.Zone}",
        ConcurrencyQuota places => string.Create(CultureInfo.InvariantCulture, $"{places.Capacity} at the same time, each for {places.Lease.TotalMilliseconds:0} ms at most"),
        _ => "",
    };
}
