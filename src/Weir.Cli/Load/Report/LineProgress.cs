namespace Weir.Cli.Load;

internal sealed class LineProgress(TextWriter output) : IProgressView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Time after the warm-up before which there is no meaningful rate.</summary>
    private const long TooSoonUs = 100_000;

    public void Say(string line) => output.WriteLine(line);

    public async Task WatchAsync(Scenario scenario, RunClock clock, Recorder recorder, Task run)
    {
        var point = ProgressPoint.First(clock.NowUs);
        while (await Task.WhenAny(run, Task.Delay(Interval)).ConfigureAwait(false) != run)
        {
            point = point.Next(clock.NowUs, recorder.Tally());
            output.WriteLine(Line(scenario, point));
        }
    }

    internal static string Line(Scenario scenario, ProgressPoint point)
    {
        var tally = point.Tally;
        return point.AtUs < TooSoonUs
            ? $"{scenario.Name}: warm-up"
            : FormattableString.Invariant(
                $"{scenario.Name}: {point.Clock}, {point.RatePerSecond:N0}/s, allowed {tally.Allowed:N0}, denied {tally.Denied:N0}, errors {tally.Errors:N0}, redis {point.RedisShare:P0}");
    }
}
