namespace Weir.Cli.Load;

internal interface IProgressView
{
    void Say(string line);

    /// <summary>Shows progress until the run ends. Does not throw the exception of the run.</summary>
    Task WatchAsync(Scenario scenario, RunClock clock, Recorder recorder, Task run);
}
