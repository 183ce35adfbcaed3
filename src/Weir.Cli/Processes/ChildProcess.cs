using System.Diagnostics;

namespace Weir.Cli.Processes;

/// <summary>A child process that ends with the tool. Keeps its last output lines for error messages.</summary>
internal sealed class ChildProcess : IDisposable
{
    public static readonly TimeSpan StopWait = TimeSpan.FromSeconds(5);

    private const int LinesKept = 12;

    private readonly Process _process;
    private readonly Lifeline _lifeline;
    private readonly Queue<string> _lines = new();
    private readonly EventHandler _onExit;
    private bool _stopped;

    private ChildProcess(Process process)
    {
        _process = process;
        _lifeline = Lifeline.To(process.Id);
        _onExit = (_, _) => Stop();
        AppDomain.CurrentDomain.ProcessExit += _onExit;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _stopped || _process.HasExited;

    /// <summary>Returns the last output lines. If the process has ended, first reads the remaining output.</summary>
    public async Task<string> LastLinesAsync()
    {
        if (!_stopped && _process.HasExited)
        {
            using var bound = new CancellationTokenSource(StopWait);
            await _process.WaitForExitAsync(bound.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        lock (_lines)
            return string.Join(Environment.NewLine, _lines);
    }

    public static ChildProcess Start(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.UseShellExecute = false;
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Kills the process (SIGKILL) and waits until it has ended.</summary>
    public void Stop()
    {
        lock (_lifeline)
        {
            if (_stopped)
                return;
            _stopped = true;
            // Kill first, because the caller records the time of the kill just before this call.
            _process.Kill();
            _lifeline.Dispose();
            _process.WaitForExit(StopWait);
        }
    }

    public void Dispose()
    {
        Stop();
        AppDomain.CurrentDomain.ProcessExit -= _onExit;
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return;
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > LinesKept)
                _lines.Dequeue();
        }
    }
}
