using Weir.Redis;

namespace Weir.Server;

internal sealed partial class FleetLog(ILogger<FleetLog> logger)
{
    private readonly Lock _gate = new();
    private IReadOnlyList<SettingDifference> _differences = [];
    private IReadOnlyList<string> _prefixes = [];

    public void Follow(RedisStore redis, PrefixWatch prefixes)
    {
        redis.DifferencesChanged += () => Tell(redis.Differences);
        Tell(redis.Differences);
        prefixes.Changed += () => Tell(prefixes.Others);
        Tell(prefixes.Others);
    }

    private static string Describe(IEnumerable<SettingDifference> differences) => string.Join(
        "; ", differences.Select(one => $"{one.Setting} is {one.Here} here and {one.Fleet} in the fleet"));

    private void Tell(IReadOnlyList<SettingDifference> differences)
    {
        lock (_gate)
        {
            if (differences.SequenceEqual(_differences))
                return;
            _differences = differences;
            if (differences.Count > 0)
                Differs(Describe(differences));
            else
                Agrees();
        }
    }

    private void Tell(IReadOnlyList<string> prefixes)
    {
        lock (_gate)
        {
            if (prefixes.SequenceEqual(_prefixes))
                return;
            _prefixes = prefixes;
            if (prefixes.Count > 0)
                Shares(string.Join(", ", prefixes));
        }
    }

    [LoggerMessage(70, LogLevel.Warning,
        "This instance differs from its fleet: {Differences}. It leases nothing and asks Redis for each decision: "
        + "use the same settings, or wait until the fleet has these")]
    private partial void Differs(string differences);

    [LoggerMessage(71, LogLevel.Information, "This instance agrees with its fleet again")]
    private partial void Agrees();

    [LoggerMessage(72, LogLevel.Information,
        "Instances with another prefix use this database: {Prefixes}. They share no bucket with this one: "
        + "if they are to, use the same Weir:Redis:Prefix")]
    private partial void Shares(string prefixes);
}
