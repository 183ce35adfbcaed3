namespace Weir.Server.Tests.Docs;

/// <summary>Lines of pages fit beside each other in a diff.</summary>
public sealed class LineTests
{
    private const int Columns = 120;

    [Fact]
    public void No_line_outside_of_tables_and_blocks_has_more_than_120_columns() => Assert.Empty(
        from page in MarkdownPage.All.Values
        from line in page.Prose.Split('\n').Index()
        where line.Item.Length > Columns && !line.Item.TrimStart().StartsWith('|')
        select $"{page.Path}:{line.Index + 1}: {line.Item.Length} columns");
}
