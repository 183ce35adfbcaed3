namespace Weir.Server.Tests.Docs;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page's path from the root of the repository.</param>
/// <param name="Line">The line of the opening fence.</param>
/// <param name="Language">The word after the opening fence.</param>
/// <param name="Text">The lines between the fences.</param>
internal sealed record MarkdownBlock(string Page, int Line, string Language, string Text)
{
    public string Place => $"{Page}:{Line}";
}
