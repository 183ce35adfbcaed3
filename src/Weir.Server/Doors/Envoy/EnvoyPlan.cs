namespace Weir.Server;

/// <summary>
/// Makes the plan of a request: a limit per counter. All limits of one unit have the same name, so that a counter stays
/// the same wherever its descriptor stands in the request.
/// </summary>
internal static class EnvoyPlan
{
    /// <summary>The name of the plan, and the beginning of its limits' names. No policy may use a tilde.</summary>
    public const string Name = "~envoy";

    private const string ByIndex = "c";

    private static readonly string[] Indexes =
        [.. Enumerable.Range(0, Plan.MaxLimits).Select(index => $"{ByIndex}{index}")];

    private static readonly Dictionary<EnvoyUnit, string> LimitNames = Enum.GetValues<EnvoyUnit>()
        .ToDictionary(unit => unit, unit => $"{Name}.{unit.ToString().ToLowerInvariant()}");

    /// <summary>Makes a plan. Shadowed counters never refuse.</summary>
    public static Plan Of(
        IReadOnlyList<EnvoyCounter> counters, Func<EnvoyCounter, bool> isShadow, bool hasCosts, OnOutage onOutage) =>
        new(Name, [.. counters.Select((counter, i) => Limit(counter, i, isShadow(counter), hasCosts))], onOutage);

    /// <summary>Makes the facts for <see cref="Of"/>. Each counter has its own hits if they differ.</summary>
    public static RequestFacts Facts(
        string tenant, IReadOnlyList<EnvoyCounter> counters, Func<EnvoyCounter, long> hits, out bool hasCosts)
    {
        var attributes = new Dictionary<string, string>(counters.Count, StringComparer.Ordinal);
        long first = hits(counters[0]);
        hasCosts = false;
        for (int i = 0; i < counters.Count; i++)
        {
            attributes.Add(Indexes[i], counters[i].Text);
            hasCosts |= hits(counters[i]) != first;
        }

        var costs = hasCosts ? counters.Select((counter, i) => (Indexes[i], hits(counter))) : null;
        return new RequestFacts(
            tenant, counters[0].Text, hasCosts ? 0 : first, attributes,
            costs?.ToDictionary(cost => cost.Item1, cost => cost.Item2, StringComparer.Ordinal));
    }

    private static Limit Limit(EnvoyCounter counter, int index, bool isShadow, bool hasCosts) =>
        new(LimitNames[counter.Limit.Unit], [Indexes[index]], counter.Limit.Quota)
        {
            Mode = isShadow ? LimitMode.Shadow : LimitMode.Enforce,
            Unit = hasCosts ? Indexes[index] : Weir.Limit.Requests,
        };
}
