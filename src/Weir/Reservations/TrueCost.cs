namespace Weir;

/// <summary>True cost of a reservation in each unit. A unit missing in Named keeps its reserved cost.</summary>
internal readonly record struct TrueCost(KeptReservation Kept, long Cost, IReadOnlyDictionary<string, long>? Named)
{
    public static TrueCost NothingOf(KeptReservation kept) =>
        new(kept, 0, kept.Costs?.ToDictionary(cost => cost.Key, _ => 0L, StringComparer.Ordinal));

    public UInt128 Fingerprint(Fingerprints fingerprints, string what)
    {
        var all = new Dictionary<string, long>(Kept.Costs ?? new Dictionary<string, long>(), StringComparer.Ordinal);
        foreach (var (unit, cost) in Named ?? all)
            all[unit] = cost;
        return fingerprints.Of(what, Fingerprints.TextOf(Cost, all.Count == 0 ? null : all));
    }

    public RequestFacts Beyond(RequestFacts reserved) => reserved with
    {
        Cost = Cost - reserved.Cost,
        Costs = Named?.ToDictionary(
            cost => cost.Key, cost => cost.Value - reserved.CostIn(cost.Key), StringComparer.Ordinal),
    };
}
