namespace Weir;

/// <summary>The true cost of a reserved request by unit: as the caller says, or else as reserved.</summary>
/// <param name="Kept">The reservation.</param>
/// <param name="Cost">The cost in requests.</param>
/// <param name="Named">The costs in other units that the caller names; null for none.</param>
internal readonly record struct TrueCost(KeptReservation Kept, long Cost, IReadOnlyDictionary<string, long>? Named)
{
    /// <summary>Of a canceled reservation nothing, in any unit.</summary>
    public static TrueCost NothingOf(KeptReservation kept) =>
        new(kept, 0, kept.Costs?.ToDictionary(cost => cost.Key, _ => 0L, StringComparer.Ordinal));

    /// <summary>Says what the reservation is settled by, so that the same again is answered the same.</summary>
    public UInt128 Fingerprint(Fingerprints fingerprints, string what)
    {
        var all = new Dictionary<string, long>(Kept.Costs ?? new Dictionary<string, long>(), StringComparer.Ordinal);
        foreach (var (unit, cost) in Named ?? all)
            all[unit] = cost;
        return fingerprints.Of(what, Fingerprints.TextOf(Cost, all.Count == 0 ? null : all));
    }

    /// <summary>Returns the request that charges or gives back the difference.</summary>
    public RequestFacts Beyond(RequestFacts reserved) => reserved with
    {
        Cost = Cost - reserved.Cost,
        Costs = Named?.ToDictionary(
            cost => cost.Key, cost => cost.Value - reserved.CostIn(cost.Key), StringComparer.Ordinal),
    };
}
