using System.Text.RegularExpressions;

namespace Weir.Server;

internal static partial class UnknownSettings
{
    private const string Prefix = "WEIR_";

    /// <summary>Environment variables of the tool and of Compose, which are not settings.</summary>
    private static readonly string[] Others = ["WEIR_SERVER", "WEIR_KEY", "WEIR_ADMIN_KEY", "WEIR_ALLOW_ANONYMOUS"];

    /// <summary>Returns an error for each part that resembles a setting, or else one error for the section.</summary>
    public static IEnumerable<string> FaultsOf(IConfigurationSection section)
    {
        var meant = (from leaf in Leaves(section)
                     let name = leaf.Path[(WeirOptions.Section.Length + 1)..]
                     let setting = Suggestions.SettingFor(name)
                     where setting is not null
                     select Fault(leaf, $"{WeirOptions.Section}:{setting}")).ToList();
        return meant.Count > 0 ? meant : [Fault(section, SectionFor(section))];
    }

    public static string Fault(IConfigurationSection section, string? meant)
    {
        string name = section.Path.Split(':').All(part => ShownValue.IsName(part)) ? section.Path
            : "with a name that is not one";
        return meant is null ? $"Unknown setting {name}; --help lists all settings"
            : $"Unknown setting {name}. Did you mean {meant}?";
    }

    private static IEnumerable<IConfigurationSection> Leaves(IConfigurationSection section) =>
        section.GetChildren().Any() ? section.GetChildren().SelectMany(Leaves) : [section];

    private static string? SectionFor(IConfigurationSection section)
    {
        string[] sections =
            [SettingTable.KeyList, .. SettingTable.All.Select(setting => setting.Name.Split(':')[0]).Distinct()];
        return Suggestions.Closest(section.Path[(WeirOptions.Section.Length + 1)..], sections) is { } meant
            ? $"{WeirOptions.Section}:{meant}" : null;
    }

    /// <summary>
    /// Finds variables with one underscore between sections instead of two. Refuses only names that resemble a setting,
    /// because Kubernetes defines other variables for a service called weir.
    /// </summary>
    public static IEnumerable<string> FaultsOf(IEnumerable<string> names) =>
        from name in names.Order(StringComparer.Ordinal)
        where name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            && !name.StartsWith(Prefix + "_", StringComparison.OrdinalIgnoreCase)
        where !Others.Contains(name, StringComparer.OrdinalIgnoreCase) && !OfKubernetes().IsMatch(name)
        let meant = Suggestions.VariableFor(name[Prefix.Length..])
        where meant is not null
        select $"Unknown environment variable {(ShownValue.IsName(name) ? name : Prefix + "...")}. "
            + $"Did you mean {WeirOptions.Section}__{meant.Replace(":", "__", StringComparison.Ordinal)}?";

    [GeneratedRegex("_SERVICE_(HOST|PORT(_.*)?)$|_PORT(_[0-9]+_(TCP|UDP|SCTP)(_.*)?)?$", RegexOptions.IgnoreCase)]
    private static partial Regex OfKubernetes();
}
