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

    private static string Describe(Limit limit) => string.Create(CultureInfo.InvariantCulture,
        $"{limit.Name} [{string.Join(' ', limit.Dimensions)}] {limit.Quota.Tokens}/{limit.Quota.Period.TotalMilliseconds}ms of {limit.Quota.Capacity}");
}
