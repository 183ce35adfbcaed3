using Weir.Cli.Processes;

namespace Weir.Cli.Tests;

/// <summary>The redis-server that the tool would find. Where there is none the test is skipped, and on a build machine it fails.</summary>
internal static class RealRedis
{
    public static string Program()
    {
        string? program = ServerFiles.FindRedis(Environment.GetEnvironmentVariable("PATH"));
        bool buildMachine = string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);
        Assert.False(program is null && buildMachine, "CI=true, and there is no redis-server or valkey-server on the PATH: install one.");
        Assert.SkipWhen(program is null, "The tool's own Redis needs redis-server or valkey-server on the PATH.");
        return program!;
    }
}
