using System.Diagnostics;

namespace Weir.Cli.Processes;

/// <summary>
/// Kills a child when the tool ends, even by SIGKILL: a shell reads a pipe that the kernel closes with the tool.
/// Without a shell (Windows), only an orderly stop kills the child.
/// </summary>
internal sealed class Lifeline : IDisposable
{
    // Ignores Ctrl-C, which reaches every process of the terminal, because the shell must survive it.
    private const string Script = "trap '' INT TERM HUP; read _; kill -9 \"$0\" 2>/dev/null";
    private const string Shell = "/bin/sh";

    private readonly Process? _watcher;

    private Lifeline(Process? watcher) => _watcher = watcher;

    public static Lifeline To(int processId)
    {
        if (!File.Exists(Shell))
            return new Lifeline(null);
        var start = new ProcessStartInfo(Shell) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Script);
        start.ArgumentList.Add(processId.ToString());
        return new Lifeline(Process.Start(start));
    }

    internal void Pull() => _watcher?.StandardInput.Close();

    /// <summary>Ends the shell. Call this right after the kill, before the child's process ID is reused.</summary>
    public void Dispose()
    {
        if (_watcher is null)
            return;
        _watcher.Kill();
        _watcher.WaitForExit(ChildProcess.StopWait);
        _watcher.Dispose();
    }
}
