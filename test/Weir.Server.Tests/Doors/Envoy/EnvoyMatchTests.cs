using System.Text.RegularExpressions;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Envoy;

/// <summary>Each file of <c>Cases</c> begins with descriptors, and the limit, metric and counter of each.</summary>
public sealed partial class EnvoyMatchTests
{
    internal static readonly string Folder =
        Path.Combine(Repository.Root, "test", "Weir.Server.Tests", "Doors", "Envoy", "Cases");

    public static TheoryData<string, string, string> Cases => [.. from file in Directory.EnumerateFiles(Folder)
        from line in Expectation().Matches(File.ReadAllText(file))
        select (Path.GetFileName(file), line.Groups["entries"].Value, line.Groups["expected"].Value)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_descriptor_matches_the_rule_that_its_file_expects(string file, string entries, string expected)
    {
        var config = EnvoyFiles.Load(Path.Combine(Folder, file), mergeDomains: false);

        var match = config.Match(Assert.Single(config.Domains).Key, Configs.Entries(entries));

        Assert.Equal(expected, match is null ? "none" : Spell(match));
    }

    [Fact]
    public void A_folder_is_one_configuration_of_all_its_files() => Assert.Equal(
        ["api", "deep", "disk", "paint", "stats", "words"],
        EnvoyFiles.Load(Folder, mergeDomains: false).Domains.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void No_rule_matches_a_descriptor_without_entries_or_of_an_unknown_domain()
    {
        var config = Configs.Read("{ domain: d, descriptors: [{ key: k, rate_limit: { unlimited: true } }] }");
        Assert.NotNull(config.Match("d", Configs.Entries("k=v")));
        Assert.Null(config.Match("d", []));
        Assert.Null(config.Match("other", Configs.Entries("k=v")));
    }

    private static string Spell(EnvoyMatch match) =>
        $"{Spell(match.Rule.Limit)} {match.Metric} {Spell(match.Counter)}";

    private static string Spell(EnvoyLimit? limit) =>
        limit is null ? "unlimited" : $"{limit.RequestsPerUnit}/{limit.Unit.ToString().ToLowerInvariant()}";

    private static string Spell(IEnumerable<EnvoyEntry> entries) =>
        string.Join(',', entries.Select(entry => $"{entry.Key}={entry.Value}"));

    [GeneratedRegex(@"^#\? (?<entries>\S+) => (?<expected>.+)$", RegexOptions.Multiline)]
    private static partial Regex Expectation();
}
