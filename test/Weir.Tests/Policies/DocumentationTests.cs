using System.Text.RegularExpressions;

namespace Weir.Tests.Policies;

/// <summary>The page on policies says what the code does: its examples parse, its lists are complete.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Page = File.ReadAllText(PolicySetText.PathOf("docs/policies.md"));

    public static TheoryData<string> Examples => [.. Blocks().Matches(Page).Select(block => block.Groups["text"].Value)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_parses(string text) => Assert.NotEmpty(PolicyDocument.Parse(text, "docs/policies.md").Plans);

    [Fact]
    public void There_are_examples_in_YAML_and_in_JSON()
    {
        Assert.Contains(Blocks().Matches(Page), block => block.Groups["kind"].Value == "yaml");
        Assert.Contains(Blocks().Matches(Page), block => block.Groups["kind"].Value == "json");
    }

    [Fact]
    public void The_second_example_is_the_first_with_every_default_spelled_out()
    {
        var examples = Blocks().Matches(Page);

        var brief = PolicyDocument.Parse(examples[0].Groups["text"].Value, "first");
        var spelled = PolicyDocument.Parse(examples[1].Groups["text"].Value, "second");

        Assert.Equal(brief.DefaultPlan.OnOutage, spelled.DefaultPlan.OnOutage);
        Assert.Equal(brief.DefaultPlan.Limits[0].Quota, spelled.DefaultPlan.Limits[0].Quota);
        Assert.Equal(brief.DefaultPlan.Limits[0].Dimensions, spelled.DefaultPlan.Limits[0].Dimensions);
        Assert.Equal(40, spelled.PlanOf("globex").Limits[0].Quota.Capacity);
    }

    [Fact]
    public void Every_key_is_described()
    {
        foreach (string key in DocumentKeys.All.Where(keys => keys != DocumentKeys.OfLiveTenant && keys != DocumentKeys.OfLiveKey).SelectMany(keys => keys.Known))
            Assert.Matches($@"\| `([\w.…]*\.)?{key}` \|", Page);
    }

    [Fact]
    public void Every_unit_of_a_rate_is_listed_and_works()
    {
        foreach (string unit in Rate.Units.Split(", "))
        {
            Assert.Contains($"`{unit}`", Page, StringComparison.Ordinal);
            Assert.True(Rate.TryParse($"5/{unit}", out _, out _));
        }
    }

    [GeneratedRegex("^```(?<kind>yaml|json)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
