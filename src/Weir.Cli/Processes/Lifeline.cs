using System.Diagnostics;

namespace Weir.Cli.Processes;

/// <summary>
/// Sees to it that a child does not outlive the tool, even when the tool is killed outright.
/// </summary>
/// <remarks>
/// A shell waits at the end of a pipe whose other end only the tool holds. However the tool ends, the kernel closes the
/// pipe, the shell reads the end and kills the child. Where there is no shell (Windows) only the orderly ways of
/// stopping remain.
/// </remarks>
internal sealed class Lifeline : IDisposable
{
    // Ctrl-C reaches every process of the terminal; the shell must outlast it to do its work.
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

    /// <summary>Does what the tool's death would do.</summary>
    internal void Pull() => _watcher?.StandardInput.Close();

    /// <summary>
    /// Cuts the line without pulling it. To be called right after the kill, before the child's number can be another's.
    /// </summary>
    public void Dispose()
    {
        if (_watcher is null)
            return;
        _watcher.Kill();
        _watcher.WaitForExit(ChildProcess.StopWait);
        _watcher.Dispose();
    }
}
