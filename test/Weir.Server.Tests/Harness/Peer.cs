using System.Diagnostics;
using Weir.Testing;

namespace Weir.Server.Tests.Harness;

/// <summary>Clients that others wrote, as programs.</summary>
internal static class Peer
{
    /// <summary>Installs packages of npm into a folder.</summary>
    public static async Task InstallAsync(string folder, params string[] packages)
    {
        var (code, output) = await TryRunAsync("npm", ["install", "--silent", "--prefix", folder, .. packages]);
        if (code != 0)
            throw new SkippedException($"This test needs npm and the packages {string.Join(", ", packages)}: {output}");
    }

    /// <summary>Runs a program to its end and returns its output; it must succeed.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (code, output) = await TryRunAsync(program, arguments);
        if (code == -1)
            throw new SkippedException($"This test needs {program} on the PATH.");
        Assert.True(code == 0, output);
        return output;
    }

    /// <summary>Runs a program to its end; the code is -1 if there is no such program.</summary>
    public static async Task<(int Code, string Output)> TryRunAsync(string program, params string[] arguments)
    {
        using var deadline = new CancellationTokenSource(Until.Patience);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, "");
        }

        using (process)
        {
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, process.ExitCode == 0 ? output : output + await errors);
        }
    }
}
