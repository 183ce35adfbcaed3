using System.Text.RegularExpressions;
using Weir.Testing;

namespace Weir.Server.Tests.Docs;

/// <summary>
/// Plain English: a noun for each concept, in comments and pages. Each phrase of the list stands where a noun is
/// missing. The ceilings are the counts of the day on which they were set; lower them when a count falls.
/// </summary>
public sealed partial class PhraseTests
{
    private const int CeilingOfSource = 0;

    private const int CeilingOfPages = 0;

    /// <summary>Phrases in which the words of the list are right.</summary>
    private static readonly string[] Exceptions =
        ["what is left", "what is wrong", "if nobody else takes", "refuse nobody", "refuses nobody"];

    [Fact]
    public void Comments_use_the_phrases_no_more_often_than_today() => AssertAtMost(CeilingOfSource,
        from file in Sources()
        let comments = Comment().Matches(File.ReadAllText(file)).Select(comment => comment.Value)
        from found in PhrasesIn(string.Join('\n', comments))
        select $"{Path.GetRelativePath(Repository.Root, file)}: {found}");

    [Fact]
    public void Pages_use_the_phrases_no_more_often_than_today() => AssertAtMost(CeilingOfPages,
        from page in MarkdownPage.All.Values
        where !page.Path.StartsWith("bench/", StringComparison.Ordinal)
        from found in PhrasesIn(Code().Replace(page.Prose, ""))
        select $"{page.Path}: {found}");

    [Theory]
    [InlineData("What is told to the caller.", 1)]
    [InlineData("Whoever takes, nobody waits\nso\nlong.", 3)]
    [InlineData("Those that owe settle what is left.", 1)]
    [InlineData("The instances that owe settle the rest.", 0)]
    [InlineData("A limit in shadow mode refuses nobody.", 0)]
    public void A_phrase_is_found(string text, int count) => Assert.Equal(count, PhrasesIn(text).Count());

    private static void AssertAtMost(int ceiling, IEnumerable<string> found)
    {
        var all = found.ToList();
        Assert.True(all.Count <= ceiling, $"{all.Count} phrases, at most {ceiling}:\n{string.Join('\n', all)}");
    }

    private static IEnumerable<string> PhrasesIn(string text)
    {
        string line = Space().Replace(text, " ");
        foreach (string exception in Exceptions)
            line = line.Replace(exception, "", StringComparison.OrdinalIgnoreCase);
        return Phrase().Matches(line)
            .Select(found => line[Math.Max(0, found.Index - 30)..Math.Min(line.Length, found.Index + 50)]);
    }

    private static IEnumerable<string> Sources() =>
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.*", SearchOption.AllDirectories)
        where file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".lua", StringComparison.Ordinal)
        where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
        select file;

    /// <summary>The phrases that stand in place of a noun.</summary>
    [GeneratedRegex(
        @"\b(what is|whoever|nobody|so (many|often|long)|those (that|who)|of what)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Phrase();

    /// <summary>Comments of C# and Lua.</summary>
    [GeneratedRegex(@"(?<=^|\s)(//|--).*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex("`[^`\n]+`")]
    private static partial Regex Code();

    [GeneratedRegex(@"(\s|^\s*(///?|--))+", RegexOptions.Multiline)]
    private static partial Regex Space();
}
