using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Policies;

/// <summary>Each recipe of <c>docs/recipes.md</c> is a whole document that decides as the lines under it say.</summary>
public sealed partial class RecipesTests
{
    /// <summary>Requests after which one that is never refused counts as such.</summary>
    private const int Many = 3_000;

    private static readonly string Page = File.ReadAllText(PolicySetText.PathOf("docs/recipes.md"));

    public static TheoryData<string, string, string> Recipes =>
        [.. Recipe().Matches(Page).Select(recipe => (recipe.Groups["title"].Value, recipe.Groups["document"].Value, recipe.Groups["decides"].Value))];

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task A_recipe_decides_as_its_lines_say(string title, string document, string decides)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
        var store = Some.Memory(time, maxKeys: 65_536);
        var limiter = new RateLimiter(PolicyDocument.Parse(document, title), store, time);
        foreach (string line in decides.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(": ", 2);
            Assert.Equal(parts[1], await DecidesAsync(limiter, FactsOf(parts[0])));
        }
    }

    [Fact]
    public void There_are_twenty_recipes_and_no_document_without_lines()
    {
        Assert.InRange(Recipes.Count, 20, 40);
        Assert.Equal(Page.Split("```yaml").Length - 1, Recipes.Count);
        Assert.Equal(Page.Split("\n## ").Length - 1, Recipes.Count);
    }

    private static async Task<string> DecidesAsync(RateLimiter limiter, RequestFacts facts)
    {
        for (int allowed = 0; allowed < Many; allowed++)
        {
            var decision = await limiter.TakeAsync(facts);
            if (!decision.Allowed)
                return string.Create(CultureInfo.InvariantCulture, $"{allowed} allowed, then {decision.Limit?.Name}");
        }

        return "always";
    }

    private static RequestFacts FactsOf(string request)
    {
        var fields = request.Split(' ').Select(field => field.Split('=', 2)).ToDictionary(field => field[0], field => field[1]);
        var costs = fields.Where(field => field.Key.StartsWith("costs.", StringComparison.Ordinal))
            .ToDictionary(field => field.Key["costs.".Length..], field => long.Parse(field.Value, CultureInfo.InvariantCulture));
        var attributes = fields.Where(field => field.Key is not ("key" or "tenant") && !field.Key.StartsWith("costs.", StringComparison.Ordinal)).ToDictionary();
        return new RequestFacts(
            fields.GetValueOrDefault("tenant", RequestFacts.DefaultTenant), fields["key"], 1,
            attributes.Count == 0 ? null : attributes, costs.Count == 0 ? null : costs);
    }

    [GeneratedRegex(@"^## (?<title>[^\n]+)\n(?:(?!^## ).)*?^```yaml\n(?<document>.*?)^```\n\n```text\n(?<decides>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Recipe();
}
