namespace Weir.Redis;

/// <summary>A node's answer about itself; unknown values are null. The run id changes with each start.</summary>
internal sealed record NodeInfo(string? Product, string? Version, bool? IsMaster, bool IsOfCluster, string? RunId, string? EvictionPolicy)
{
    public static readonly NodeInfo Unknown = new(null, null, null, false, null, null);

    public static NodeInfo OfInfo(string reply)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in reply.Split('\n', StringSplitOptions.TrimEntries))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                fields[line[..colon]] = line[(colon + 1)..];
        }

        var (product, version) = fields.TryGetValue("garnet_version", out string? garnet) ? ("Garnet", garnet)
            : fields.TryGetValue("valkey_version", out string? valkey) ? ("Valkey", valkey)
            : fields.TryGetValue("redis_version", out string? redis) ? ("Redis", redis) : (null, null);
        return new NodeInfo(
            product, version, MasterOf(fields.GetValueOrDefault("role")), fields.GetValueOrDefault("cluster_enabled") == "1",
            fields.GetValueOrDefault("run_id"), fields.GetValueOrDefault("maxmemory_policy"));
    }

    public static NodeInfo OfRole(string role) => Unknown with { IsMaster = MasterOf(role) };

    private static bool? MasterOf(string? role) => role switch
    {
        "master" => true,
        "slave" or "replica" => false,
        _ => null,
    };
}
