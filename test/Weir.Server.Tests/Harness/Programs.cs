using Weir.Testing;

namespace Weir.Server.Tests.Harness;

/// <summary>Programs that a machine may lack. A test that needs one is skipped; on a build machine it fails.</summary>
internal static class Programs
{
    private static readonly bool OnBuildMachine =
        string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    public static void Require(params string[] programs)
    {
        var missing = programs.Where(program => !IsOnPath(program)).ToList();
        if (missing.Count == 0)
            return;
        string reason = $"This needs {string.Join(" and ", missing)} on the PATH; .ci/install-packages installs them.";
        Assert.False(OnBuildMachine, reason);
        throw new SkippedException(reason);
    }

    private static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
