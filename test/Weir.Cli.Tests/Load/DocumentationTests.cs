using System.Text.RegularExpressions;
using Weir.Cli.Load;
using Weir.Testing;

namespace Weir.Cli.Tests.Load;

/// <summary>The page on the tool lists its options.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public void The_page_has_every_option_and_no_other() => Assert.Equal(
        new LoadOptions().All.Select(option => option.Name).Order(StringComparer.Ordinal),
        Option().Matches(Repository.Read("docs/load.md")).Select(row => row.Groups[1].Value)
            .Order(StringComparer.Ordinal));

    [GeneratedRegex(@"^\| `(--[a-z]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Option();
}
