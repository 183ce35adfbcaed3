using System.Text.RegularExpressions;
using Weir.Testing;

namespace Weir.Server.Tests.Deploy;

/// <summary>A variable that nobody reads fails silently: the service just runs as if it had not been set.</summary>
public sealed partial class SettingsTests
{
    public static TheoryData<string> Files =>
        ["deploy/compose.yaml", "deploy/Dockerfile", "deploy/nginx/nginx.conf", ".ci/run", .. Pages];

    /// <summary>Decisions name wrong settings as examples.</summary>
    private static IEnumerable<string> Pages =>
        Docs.MarkdownPage.All.Keys.Where(path => !path.StartsWith("docs/decisions/", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_variable_that_is_named_is_a_setting(string path)
    {
        var named = Variable().Matches(Repository.Read(path))
            .Select(match => match.Value.Replace("__", ":", StringComparison.Ordinal));

        Assert.All(named, name => Assert.Contains(KnownSettings.Canonical(name), KnownSettings.All));
    }

    [GeneratedRegex("Weir(__[A-Za-z0-9]+)+")]
    private static partial Regex Variable();
}
