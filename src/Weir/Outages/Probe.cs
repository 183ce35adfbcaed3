namespace Weir;

/// <summary>Asks a shard of the primary whether it is well: by a take on a bucket of its own.</summary>
internal static class Probe
{
    private static readonly Plan Plan = new(
        "probe",
        [new Limit("probe", Array.Empty<string>(), TokenQuota.Create(1_000_000, TimeSpan.FromSeconds(1), 1_000_000))],
        OnOutage.Local);

    /// <summary>The take of a primary of one shard.</summary>
    public static readonly LimitSet Limits = Of(0);

    /// <summary>Returns the take of a shard.</summary>
    public static LimitSet Of(int shard) => Plan.Resolve(new RequestFacts(ShardTenant.Of(shard), "probe"));
}
