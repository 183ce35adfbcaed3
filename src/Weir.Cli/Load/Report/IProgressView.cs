namespace Weir.Cli.Load;

internal interface IProgressView
{
    void Say(string line);

    /// <summary>Ends with the run, and does not throw its exception.</summary>
    Task WatchAsync(Scenario scenario, RunClock clock, Recorder recorder, Task run);
}
