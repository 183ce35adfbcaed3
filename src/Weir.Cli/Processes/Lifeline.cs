using System.Diagnostics;

namespace Weir.Cli.Processes;

/// <summary>
/// Kills a child when the tool ends, even by SIGKILL: a shell reads a pipe that only the tool holds, and that the
/// kernel then closes. Without a shell (Windows), only an orderly stop kills the child.
/// </summary>
internal sealed class Lifeline : IDisposable
{
    // Ctrl-C reaches every process of the terminal, and the shell must outlast it.
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

    /// <summary>Call right after the kill, before another process can have the child's number.</summary>
    public void Dispose()
    {
        if (_watcher is null)
            return;
        _watcher.Kill();
        _watcher.WaitForExit(ChildProcess.StopWait);
        _watcher.Dispose();
    }
}
