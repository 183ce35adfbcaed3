using System.Globalization;
using System.Runtime.CompilerServices;

namespace Weir.Tests.Policies;

/// <summary>Says what a policy set holds, one plan or tenant a line, so that a test compares texts.</summary>
internal static class PolicySetText
{
    public static string Of(PolicySet policies) => string.Join('\n',
    [
        $"default {policies.DefaultPlan.Name}",
        .. policies.Plans.Select(plan => $"plan {Describe(plan)}"),
        .. policies.Tenants.Order(StringComparer.Ordinal).Select(tenant => $"tenant {tenant} {Describe(policies.PlanOf(tenant))}"),
    ]);

    /// <summary>A file of the repository, found from where this source file was compiled.</summary>
    public static string PathOf(string file, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", file));

    private static string Describe(Plan plan) =>
        $"{plan.Name} {plan.OnOutage}: {string.Join(", ", plan.Limits.Select(Describe))}".TrimEnd();

    private static string Describe(Limit limit) =>
        $"{limit.Name} [{string.Join(' ', limit.Dimensions)}] {Describe(limit.Quota)}{Extras(limit)}";

    private static string Describe(Quota quota) => quota switch
    {
        TokenQuota bucket => string.Create(CultureInfo.InvariantCulture, $"{bucket.Tokens}/{bucket.Period.TotalMilliseconds}ms of {bucket.Capacity}"),
        WindowQuota window => $"{window.Capacity} every {(window.Period.Count == 1 ? window.Every.ToString() : window.Period.ToString())} in {window.Zone}{StartOf(window.Period)}",
        ConcurrencyQuota places => string.Create(CultureInfo.InvariantCulture, $"{places.Capacity} places for {places.Lease.TotalMilliseconds}ms"),
        _ => throw new InvalidOperationException("a kind that is not described"),
    };

    private static string StartOf(WindowPeriod period) => string.Concat(
        period.From is { } from ? $" from {from}" : "",
        period.At == default ? "" : string.Create(CultureInfo.InvariantCulture, $" at {period.At:HH:mm}"));

    private static string Extras(Limit limit) => string.Concat(
        limit.Unit == Limit.Requests ? "" : $" of {limit.Unit}",
        limit.Cost == 1 ? "" : $" cost {limit.Cost}",
        limit.Mode == LimitMode.Enforce ? "" : " shadow",
        limit.IsStrict ? " strict" : "",
        limit.Missing == OnMissing.Skip ? "" : $" missing {limit.Missing}",
        string.Concat(limit.When.Select(condition => $" when {condition.Dimension} is {string.Join('|', condition.Patterns)}")),
        string.Concat(limit.Unless.Select(condition => $" unless {condition.Dimension} is {string.Join('|', condition.Patterns)}")));
}
