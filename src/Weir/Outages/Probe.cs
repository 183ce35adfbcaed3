namespace Weir;

/// <summary>Makes the take that probes a shard of the primary, from a bucket reserved for the shard.</summary>
internal static class Probe
{
    private static readonly Plan Plan = new(
        "probe",
        [new Limit("probe", Array.Empty<string>(), TokenQuota.Create(1_000_000, TimeSpan.FromSeconds(1), 1_000_000))],
        OnOutage.Local);

    public static readonly LimitSet Limits = Of(0);

    public static LimitSet Of(int shard) => Plan.Resolve(new RequestFacts(ShardTenant.Of(shard), "probe"));
}
