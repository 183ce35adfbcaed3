namespace Weir.Cli.Load;

/// <summary>Shows a run while it goes on: live on a terminal, in plain lines elsewhere.</summary>
internal interface IProgressView
{
    /// <summary>One line that stays.</summary>
    void Say(string line);

    /// <summary>
    /// Shows the run until <paramref name="run"/> has ended, however it ended; does not throw its exception.
    /// </summary>
    Task WatchAsync(Scenario scenario, RunClock clock, Recorder recorder, Task run);
}
