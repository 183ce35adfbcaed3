using System.Text.RegularExpressions;
using Weir.Testing;

namespace Weir.Server.Tests.Docs;

/// <summary>Pages can be found, and what they point to is there.</summary>
public sealed partial class LinkTests
{
    public static TheoryData<string> Pages => [.. MarkdownPage.All.Keys];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_within_the_repository_leads_to_a_file_and_an_anchor(string path)
    {
        var broken = MarkdownPage.All[path].Links.Where(link => !Resolves(path, link));

        Assert.Empty(broken);
    }

    [Fact]
    public void The_index_lists_every_page_of_docs() => Assert.Equal(
        MarkdownPage.All.Keys.Where(path => path.StartsWith("docs/", StringComparison.Ordinal)
            && path.Count(letter => letter == '/') == 1 && path != "docs/README.md").Order(StringComparer.Ordinal),
        MarkdownPage.All["docs/README.md"].Links.Where(link => !link.Contains('/') && !link.StartsWith('#'))
            .Select(link => $"docs/{link.Split('#')[0]}").Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void The_index_of_decisions_lists_every_decision_under_its_title()
    {
        var index = MarkdownPage.All["docs/decisions/README.md"];
        foreach (var page in MarkdownPage.All.Values
            .Where(page => page.Path.StartsWith("docs/decisions/0", StringComparison.Ordinal)))
        {
            string title = Number().Replace(page.Title, "");
            Assert.Contains(
                $"({Path.GetFileName(page.Path)}) | {title} |", index.Text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("docs/live.md", "http.md", true)]
    [InlineData("docs/live.md", "../README.md#figures", true)]
    [InlineData("docs/live.md", "no-such-page.md", false)]
    [InlineData("README.md", "docs/live.md#no-such-heading", false)]
    [InlineData("README.md", "#no-such-heading", false)]
    [InlineData("README.md", "LICENSE", true)]
    public void A_broken_link_is_found(string path, string link, bool resolves) =>
        Assert.Equal(resolves, Resolves(path, link));

    private static bool Resolves(string page, string link)
    {
        if (link.StartsWith("https://", StringComparison.Ordinal))
            return Uri.TryCreate(link, UriKind.Absolute, out _);
        string[] parts = link.Split('#', 2);
        string target = parts[0].Length == 0 ? page : Path.GetRelativePath(
            Repository.Root, Path.GetFullPath(parts[0], Path.Combine(Repository.Root, Path.GetDirectoryName(page)!)));
        return Repository.Has(target)
            && (parts.Length == 1
                || (MarkdownPage.All.TryGetValue(target, out var found) && found.Anchors.Contains(parts[1])));
    }

    [GeneratedRegex(@"^(ADR-)?\d+: ")]
    private static partial Regex Number();
}
