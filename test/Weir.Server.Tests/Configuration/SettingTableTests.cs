using Weir.Testing;

namespace Weir.Server.Tests.Configuration;

/// <summary>The table of settings holds what the options, the help and the page on settings say.</summary>
public sealed class SettingTableTests
{
    public static TheoryData<string, string, string> Values => new()
    {
        { "Weir:Headers", "legacy", "legacy" },
        { "Weir:Auth:AllowAnonymous", "TRUE", "True" },
        { "Weir:Redis:Endpoints", "a:1,b:2", "a:1,b:2" },
        { "Weir:Redis:Ssl", "true", "True" },
        { "Weir:Redis:Database", "3", "3" },
        { "Weir:Redis:DeadlineMs", " 7 ", "7" },
        { "Weir:Memory:MaxKeys", "64", "64" },
        { "Weir:DecisionLog:Denied", "1e-2", "0.01" },
        { "weir:SHUTDOWN:drainms", "600000", "600000" },
        { "Weir:Shutdown:TimeoutMs", "100", "100" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_is_read_into_its_property(string path, string text, string value)
    {
        object? at = Read.Options((path, text), ("Weir:Redis:Prefix", "w"),
            path.EndsWith("Ssl", StringComparison.Ordinal) ? ("Weir:Redis:Endpoints", "a:1")
                : ("Weir:Live:Path", null));
        foreach (string part in path.Split(':')[1..])
            at = at!.GetType().GetProperties()
                .Single(property => string.Equals(property.Name, part, StringComparison.OrdinalIgnoreCase))
                    .GetValue(at);
        Assert.Equal(value, Convert.ToString(at, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Every_property_of_the_options_has_a_setting() => Assert.Equal(
        PropertiesOf(typeof(WeirOptions), "Weir").Order(StringComparer.Ordinal),
            SettingTable.Paths.Select(setting => setting.Path).Order(StringComparer.Ordinal));

    [Fact]
    public void Defaults_are_those_of_the_options()
    {
        Assert.Equal("10000", SettingTable.Find("Shutdown:TimeoutMs")!.Default);
        Assert.Equal("0", SettingTable.Find("Shutdown:DrainMs")!.Default);
        Assert.Equal("15", SettingTable.Find("Redis:DeadlineMs")!.Default);
        Assert.Equal("true", SettingTable.Find("Top:Enabled")!.Default);
        Assert.Equal("none: memory", SettingTable.Find("Redis:Endpoints")!.Default);
    }

    [Theory]
    [InlineData("Weir:Shutdown:DrainMs", "-1", "-1 is out of range; use 0 to 600000")]
    [InlineData("Weir:Shutdown:DrainMs", "600001", "600001 is out of range; use 0 to 600000")]
    [InlineData("Weir:Shutdown:TimeoutMs", "99", "99 is out of range; use 100 to 600000")]
    [InlineData("Weir:Shutdown:TimeoutMs", "600001", "600001 is out of range; use 100 to 600000")]
    [InlineData("Weir:Shutdown:TimeoutMs", "10s", "\"10s\" is not a whole number; use 100 to 600000")]
    [InlineData("Weir:Shutdown:TimeoutMs", "1e3", "\"1e3\" is not a whole number; use 100 to 600000")]
    [InlineData("Weir:Shutdown:TimeoutMs", "-", "\"-\" is not a whole number; use 100 to 600000")]
    [InlineData("Weir:Shutdown:TimeoutMs", "99999999999999999999", "the value is out of range; use 100 to 600000")]
    [InlineData("Weir:Memory:MaxKeys", "63", "63 is out of range; use 64 to 268435456")]
    [InlineData("Weir:Redis:Partitions", "0", "0 is out of range; use 1 to 512")]
    [InlineData("Weir:Redis:Partitions", "513", "513 is out of range; use 1 to 512")]
    [InlineData("Weir:Redis:Database", "65536", "65536 is out of range; use 0 to 65535")]
    [InlineData("Weir:DecisionLog:Denied", "1.5", "\"1.5\" is out of range; use 0 (none) to 1 (all), such as 0.01")]
    [InlineData("Weir:DecisionLog:Denied", "Infinity",
        "\"Infinity\" is out of range; use 0 (none) to 1 (all), such as 0.01")]
    [InlineData("Weir:DecisionLog:Denied", "1%", "\"1%\" is no number; use 0 (none) to 1 (all), such as 0.01")]
    [InlineData("Weir:DecisionLog:Denied", "0,5", "\"0,5\" is no number; use 0 (none) to 1 (all), such as 0.01")]
    [InlineData("Weir:Top:Enabled", "1", "1 is neither true nor false; use true or false")]
    [InlineData("Weir:Headers", "Draft-11", "\"Draft-11\" is unknown; use one of draft-11, draft-06, legacy, off")]
    [InlineData("Weir:Live:Path", " ", "it is blank; use a file, or leave it out")]
    [InlineData("Weir:Redis:Endpoints", "\t",
        "it is blank; use host:port or a redis:// URL, or leave it out")]
    public void A_value_that_does_not_fit_is_told_with_what_would(string path, string value, string fault) =>
        Assert.Equal([$"{path}: {fault}"], Read.Faults((path, value)));

    [Fact]
    public void An_empty_value_is_none() =>
        Assert.Empty(Read.Faults([.. SettingTable.Paths.Select(setting => (setting.Path, (string?)""))]));

    [Fact]
    public void A_list_may_be_given_as_items()
    {
        Assert.Equal("a:1,b:2", Read.Options(("Weir:Redis:Endpoints:0", "a:1"), ("Weir:Redis:Endpoints:1", "b:2"))
            .Redis.Endpoints);
        Assert.Equal(
            ["Weir:Redis:Endpoints: it is given both as one value and as a list; leave one out"],
                Read.Faults(("Weir:Redis:Endpoints", "a:1"), ("Weir:Redis:Endpoints:0", "b:2")));
    }

    [Fact]
    public void The_page_on_settings_has_every_setting_as_the_table_has_it()
    {
        string page = Repository.Read("docs/settings.md");
        var rows = SettingTable.Paths.Select(setting =>
            $"| `{setting.Path.Replace(":", "__", StringComparison.Ordinal)}` | {setting.Setting.Default} | "
                + $"{setting.Setting.Kind.Values} | {setting.Setting.Meaning} |").ToList();
        Assert.Equal(rows, page.Split('\n').Where(line => line.StartsWith("| `Weir__", StringComparison.Ordinal)));
    }

    [Fact]
    public void Help_has_every_setting_and_no_line_is_wider_than_100_columns()
    {
        string[] lines = HelpText.Write().Split('\n');
        Assert.All(SettingTable.Paths, setting =>
            Assert.Contains(lines, line => line.StartsWith($"  --{setting.Path}", StringComparison.Ordinal)));
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 106));
        Assert.Contains("  --Weir:Shutdown:TimeoutMs=10000", lines);
        Assert.Contains("  --Weir:Redis:Endpoints", lines);
    }

    private static IEnumerable<string> PropertiesOf(Type type, string path) =>
        from property in type.GetProperties()
        let name = $"{path}:{property.Name}"
        let item = property.PropertyType.IsGenericType
            && property.PropertyType.GetGenericTypeDefinition() == typeof(List<>)
                ? property.PropertyType.GetGenericArguments()[0] : null
        from found in item is not null ? PropertiesOf(item, $"{name}:0")
            : property.PropertyType == typeof(Dictionary<string, FactSources>) ? [$"{name}:NAME"]
            : property.PropertyType.DeclaringType == typeof(WeirOptions) ? PropertiesOf(property.PropertyType, name)
                : [name]
        select found;
}
