using System.Globalization;

namespace Weir.Redis;

/// <summary>Settings on which instances with shared buckets must agree: lines NAME=VALUE in each heartbeat.</summary>
internal static class FleetSettings
{
    /// <summary>Versions of the formats in Redis. A change that an older Weir cannot read raises a version.</summary>
    public const string Formats = "buckets 1, permits 1, records 1, answers 1, members 1, live 1";

    /// <summary>Stands for a setting that an instance does not have, such as a setting of another version.</summary>
    public const string NotNamed = "not named";

    public static string Of(RedisOptions options, int partitions) => string.Join(
        '\n',
        string.Create(CultureInfo.InvariantCulture, $"Weir:Redis:LeaseMs={options.LeaseHorizon.TotalMilliseconds}"),
        string.Create(CultureInfo.InvariantCulture, $"Weir:Redis:Partitions={partitions}"),
        $"Formats={Formats}");

    public static IReadOnlyList<SettingDifference> Compare(string own, string rule)
    {
        var (here, there) = (Read(own), Read(rule));
        return
        [
            .. from name in here.Keys.Union(there.Keys).Order(StringComparer.Ordinal)
               let difference = new SettingDifference(
                   name, here.GetValueOrDefault(name, NotNamed), there.GetValueOrDefault(name, NotNamed))
               where difference.Here != difference.Fleet
               select difference,
        ];
    }

    private static Dictionary<string, string> Read(string text)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int at = line.IndexOf('=', StringComparison.Ordinal);
            settings[at < 0 ? line : line[..at]] = at < 0 ? "" : line[(at + 1)..];
        }

        return settings;
    }
}

/// <summary>A setting whose value at this instance differs from the value in the fleet.</summary>
/// <param name="Setting">Name of the setting, such as <c>Weir:Redis:LeaseMs</c>.</param>
/// <param name="Here">Value at this instance.</param>
/// <param name="Fleet">Value in the fleet: that of the instance that came first.</param>
public sealed record SettingDifference(string Setting, string Here, string Fleet);
