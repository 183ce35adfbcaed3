using System.Text.RegularExpressions;
using Weir.Testing;

namespace Weir.Server.Tests.Docs;

/// <summary>A Markdown file of the repository, with its blocks, links and anchors.</summary>
internal sealed partial class MarkdownPage
{
    private MarkdownPage(string path)
    {
        Path = path;
        Text = Repository.Read(path);
        Blocks = [.. Fence().Matches(Text).Select(fence => new MarkdownBlock(
            path, Text.AsSpan(0, fence.Index).Count('\n') + 1, fence.Groups["language"].Value,
            Unindented(fence.Groups["text"].Value, fence.Groups["indent"].Length)))];
        Prose = Fence().Replace(Text, fence => new string('\n', fence.Value.Count(letter => letter == '\n')));
        Anchors = AnchorsOf(Prose);
    }

    /// <summary>All pages, by their path from the root of the repository.</summary>
    public static IReadOnlyDictionary<string, MarkdownPage> All { get; } = Paths()
        .ToDictionary(path => path, path => new MarkdownPage(path), StringComparer.Ordinal);

    public string Path { get; }

    public string Text { get; }

    /// <summary>The text without its blocks; lines keep their numbers.</summary>
    public string Prose { get; }

    public IReadOnlyList<MarkdownBlock> Blocks { get; }

    public IReadOnlySet<string> Anchors { get; }

    public string Title => Prose.Split('\n').First(line => line.StartsWith("# ", StringComparison.Ordinal))[2..];

    /// <summary>The targets of all links and pictures.</summary>
    public IEnumerable<string> Links => Link().Matches(Code().Replace(Prose, "")).Select(link => link.Groups[1].Value);

    /// <summary>The lines of a section, from its heading to the next one of any depth.</summary>
    public IReadOnlyList<string> Section(string heading)
    {
        string[] lines = Prose.Split('\n');
        int start = Array.FindIndex(lines, line => line.TrimStart('#') == " " + heading && line[0] == '#');
        Assert.True(start >= 0, $"{Path} has no section \"{heading}\".");
        return [.. lines.Skip(start + 1).TakeWhile(line => !line.StartsWith('#'))];
    }

    /// <summary>The first cells of the rows of all tables in a section, without their head.</summary>
    public IEnumerable<string> FirstCells(string heading) =>
        from line in Section(heading).SkipWhile(line => !line.StartsWith("| ---", StringComparison.Ordinal))
        where line.StartsWith("| `", StringComparison.Ordinal)
        select line.Split('|')[1].Trim();

    private static IEnumerable<string> Paths() =>
        from file in (string[])
        [
            .. Directory.EnumerateFiles(Repository.Root, "*.md"),
            .. Directory.EnumerateFiles(
                System.IO.Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories),
            .. Directory.EnumerateFiles(System.IO.Path.Combine(Repository.Root, "bench"), "*.md"),
        ]
        select System.IO.Path.GetRelativePath(Repository.Root, file);

    private static string Unindented(string text, int indent) =>
        string.Join('\n', text.Split('\n').Select(line => line[Math.Min(indent, line.Length)..]));

    /// <summary>The anchors of headings, as GitHub makes them.</summary>
    private static HashSet<string> AnchorsOf(string prose)
    {
        var anchors = new HashSet<string>(StringComparer.Ordinal);
        foreach (Match heading in Heading().Matches(prose))
        {
            string text = LinkText().Replace(heading.Groups[1].Value, "$1").ToLowerInvariant().Trim();
            string anchor = NotInAnchors().Replace(text, "").Replace(' ', '-');
            for (int copy = 1; !anchors.Add(copy == 1 ? anchor : $"{anchor}-{copy - 1}"); copy++)
            {
            }
        }

        return anchors;
    }

    [GeneratedRegex(
        "^(?<indent> *)```(?<language>[^\n]*)\n(?<text>.*?)^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("^#{1,6} (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex LinkText();

    [GeneratedRegex("`[^`\n]+`")]
    private static partial Regex Code();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAnchors();
}
