using System.Globalization;

namespace Weir.Server;

internal sealed class Explanations(RateLimiter limiter, LiveData live)
{
    public async ValueTask<ExplanationBody> ExplainAsync(RequestFacts facts)
    {
        var explained = await limiter.ExplainAsync(facts);
        var set = explained.Policies;
        var plan = explained.Plan;
        var layers = LayersOf(set, plan, facts);
        return new ExplanationBody(
            facts.Tenant,
            plan.Name,
            PlanFrom(set, facts.Tenant),
            live.Version,
            explained.Block,
            Spelling.Of(explained.Decision.Outcome),
            explained.Decision.Outcome is DecisionOutcome.Allowed or DecisionOutcome.Unavailable ? null : DecisionAnswers.DetailOf(explained.Decision),
            [
                .. plan.Limits.Select(limit => Explain(limit, layers, facts, explained.Unblocked)),
                .. RemovedFrom(layers),
            ],
            Spelling.Body(explained.Decision));
    }

    /// <summary>Returns the layers of limits, lowest first: plan, tenant, boost, document key, live key.</summary>
    private List<(string Name, IReadOnlyList<Limit> Limits)> LayersOf(PolicySet set, Plan own, in RequestFacts facts)
    {
        string tenant = facts.Tenant;
        var plan = set.PlanOf(tenant);
        var layers = new List<(string Name, IReadOnlyList<Limit> Limits)> { ($"plan {plan.Name}", set.Plans.FirstOrDefault(own => own.Name == plan.Name)?.Limits ?? []) };
        string from = PlanFrom(set, tenant);
        bool isBoosted = from == "live" && live.IsBoosted(tenant);
        if (isBoosted && live.Find(LiveKind.Tenant, tenant)?.Value is { } text && PolicyDocument.TryParseTenant(set, tenant, text, out var below, out _, out _))
            layers.Add(($"live tenant {tenant}", below.Limits));
        layers.Add(($"{(isBoosted ? "boost of" : from)} tenant {tenant}", plan.Limits));
        if (plan.Keys.TryGetValue(facts.Key, out var ofKey))
            layers.Add(($"key {facts.Key}", ofKey.Limits));
        if (own != (ofKey ?? plan))
            layers.Add(($"live key {facts.Key}", own.Limits));
        return layers;
    }

    /// <summary>Returns the name of the layer that set a value: no higher layer changes the value.</summary>
    private static string LayerOf(List<(string Name, IReadOnlyList<Limit> Limits)> layers, Func<IReadOnlyList<Limit>, bool> isSame)
    {
        int layer = layers.Count - 1;
        while (layer > 0 && isSame(layers[layer - 1].Limits))
            layer--;
        return layers[layer].Name;
    }

    public static string PlanFrom(PolicySet set, string tenant) =>
        set.IsLive(tenant) ? "live" : set.IsInDocument(tenant) ? "document" : "default";

    private static IEnumerable<LimitExplanation> RemovedFrom(List<(string Name, IReadOnlyList<Limit> Limits)> layers) =>
        from name in layers.SelectMany(layer => layer.Limits).Select(limit => limit.Name).Distinct(StringComparer.Ordinal)
        let last = layers.FindLastIndex(layer => layer.Limits.Any(limit => limit.Name == name))
        where last < layers.Count - 1
        select Removed(layers[last].Limits.First(limit => limit.Name == name), layers[last + 1].Name);

    private static LimitExplanation Removed(Limit limit, string tenantLayer) => new(
        limit.Name, false, $"the {tenantLayer} has unlimited: true for it", tenantLayer, "unlimited",
        [.. limit.Dimensions.Select(dimension => dimension.ToString())], Spelling.Of(limit.Mode),
        Spelling.UnitOf(limit), limit.Cost, [new ValueExplanation("unlimited", "true", tenantLayer)]);

    private static LimitExplanation Explain(Limit limit, List<(string Name, IReadOnlyList<Limit> Limits)> layers, RequestFacts facts, in Decision unblocked)
    {
        string? whyNot = limit.WhyNot(facts);
        var line = unblocked.Limits().Select(line => (LimitDecision?)line).FirstOrDefault(line => line!.Value.Limit == limit);
        return new LimitExplanation(
            limit.Name,
            whyNot is null,
            whyNot ?? WhyOf(limit, facts),
            LayerOf(layers, limits => limits.Contains(limit)),
            Describe(limit.Quota),
            [.. limit.Dimensions.Select(dimension => dimension.ToString())],
            Spelling.Of(limit.Mode),
            Spelling.UnitOf(limit),
            limit.Cost,
            [.. ValuesOf(limit).Select(value => new ValueExplanation(value.Name, value.Value, LayerOf(layers, limits => Has(limits, limit.Name, value))))],
            line is { Outcome: not DecisionOutcome.MissingDimension } stands
                ? new BucketExplanation(stands.Remaining, Spelling.Milliseconds(stands.ResetAfter))
                : null);
    }

    private static string WhyOf(Limit limit, RequestFacts facts)
    {
        string missing = string.Join(" and no ", limit.MissingIn(facts));
        return missing.Length == 0 ? "it has all that the limit is keyed by, and meets its conditions"
            : limit.Missing == OnMissing.Deny
                ? $"the request has no {missing}, and the limit denies such requests (missing: deny)"
            : $"the request has no {missing}, and all such requests share one bucket (missing: together)";
    }

    private static bool Has(IReadOnlyList<Limit> limits, string name, (string Name, string Value) value) =>
        limits.FirstOrDefault(limit => limit.Name == name) is { } own && ValuesOf(own).Contains(value);

    private static IEnumerable<(string Name, string Value)> ValuesOf(Limit limit)
    {
        foreach (var value in ValuesOf(limit.Quota))
            yield return value;
        yield return ("by", $"[{string.Join(", ", limit.Dimensions)}]");
        if (limit.Missing != OnMissing.Skip)
            yield return ("missing", Spelling.Of(limit.Missing));
        foreach (var condition in limit.When)
            yield return ($"when.{condition.Dimension}", string.Join(" or ", condition.Patterns));
        foreach (var condition in limit.Unless)
            yield return ($"unless.{condition.Dimension}", string.Join(" or ", condition.Patterns));
        if (Spelling.UnitOf(limit) is { } unit)
            yield return ("unit", unit);
        yield return ("cost", limit.Cost.ToString(CultureInfo.InvariantCulture));
        yield return ("mode", Spelling.Of(limit.Mode));
        yield return ("lease", limit.IsStrict ? "off" : "on");
    }

    private static (string Name, string Value)[] ValuesOf(Quota quota) => quota switch
    {
        TokenQuota { Tokens: 0 } => [("rate", "0/s")],
        TokenQuota bucket => [("rate", string.Create(CultureInfo.InvariantCulture, $"{bucket.Tokens}/{bucket.Period.TotalMilliseconds:0.###}ms")), ("burst", Number(bucket.Capacity))],
        WindowQuota window =>
        [
            ("window.limit", Number(window.Capacity)), ("window.every", window.Period.ToString()), ("window.zone", window.Zone),
            .. StartOf(window.Period),
        ],
        ConcurrencyQuota permits => [("concurrency.limit", Number(permits.Capacity)), ("concurrency.lease", string.Create(CultureInfo.InvariantCulture, $"{permits.Lease.TotalMilliseconds:0}ms"))],
        _ => [],
    };

    private static IEnumerable<(string Name, string Value)> StartOf(WindowPeriod period)
    {
        if (period.From is { } from)
            yield return ("window.from", from);
        if (period.At != default)
            yield return ("window.at", period.At.ToString("HH:mm", CultureInfo.InvariantCulture));
    }

    private static string DescribeStart(WindowPeriod period) =>
        string.Concat(StartOf(period).Select(start => $", {start.Name["window.".Length..]} {start.Value}"));

    private static string Describe(Quota quota) => quota switch
    {
        TokenQuota { Tokens: 0 } => "banned",
        TokenQuota bucket => string.Create(CultureInfo.InvariantCulture, $"{bucket.Tokens} per {bucket.Period.TotalMilliseconds:0.###} ms, burst {bucket.Capacity}"),
        WindowQuota window => $"{window.Capacity} every {window.Period} in {window.Zone}{DescribeStart(window.Period)}",
        ConcurrencyQuota permits => string.Create(CultureInfo.InvariantCulture, $"{permits.Capacity} at the same time, each for {permits.Lease.TotalMilliseconds:0} ms at most"),
        _ => "",
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
