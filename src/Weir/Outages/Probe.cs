namespace Weir;

/// <summary>What a store is asked to learn whether it is well: a take like any other, on a bucket that is nobody's.</summary>
internal static class Probe
{
    /// <summary>No tenant can be called this, since <see cref="Bounds.IsTenant"/> knows no <c>~</c>.</summary>
    public static readonly LimitSet Limits = new Plan(
        "probe",
        [new Limit("probe", Array.Empty<string>(), TokenQuota.Create(1_000_000, TimeSpan.FromSeconds(1), 1_000_000))],
        OnOutage.Local).Resolve(new RequestFacts("~probe", "probe"));
}
