using System.Text.RegularExpressions;
using Weir.Testing;

namespace Weir.Server.Tests.Deploy;

/// <summary>A variable that nobody reads fails silently: the service just runs as if it had not been set.</summary>
public sealed partial class SettingsTests
{
    [Theory]
    [InlineData("deploy/compose.yaml")]
    [InlineData("deploy/Dockerfile")]
    [InlineData(".ci/run")]
    [InlineData("README.md")]
    [InlineData("docs/auth.md")]
    [InlineData("docs/http.md")]
    [InlineData("docs/live.md")]
    [InlineData("docs/redis.md")]
    [InlineData("docs/seeing.md")]
    [InlineData("docs/settings.md")]
    [InlineData("docs/stop.md")]
    public void Every_variable_that_is_named_is_a_setting(string path)
    {
        var named = Variable().Matches(Repository.Read(path)).Select(match => match.Value.Replace("__", ":", StringComparison.Ordinal));

        Assert.All(named, name => Assert.Contains(name, KnownSettings.All));
    }

    [GeneratedRegex("Weir(__[A-Za-z0-9]+)+")]
    private static partial Regex Variable();
}
