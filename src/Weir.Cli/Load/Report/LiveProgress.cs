using Spectre.Console;

namespace Weir.Cli.Load;

internal sealed class LiveProgress(IAnsiConsole console, TimeSpan duration) : IProgressView
{
    private const int BarWidth = 12;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    public void Say(string line) => console.WriteLine(line);

    public Task WatchAsync(Scenario scenario, RunClock clock, Recorder recorder, Task run)
    {
        var point = ProgressPoint.First(clock.NowUs);
        return console.Live(Draw(scenario, point)).AutoClear(true).StartAsync(async live =>
        {
            while (await Task.WhenAny(run, Task.Delay(Interval)).ConfigureAwait(false) != run)
            {
                point = point.Next(clock.NowUs, recorder.Tally());
                live.UpdateTarget(Draw(scenario, point));
            }
        });
    }

    private Table Draw(Scenario scenario, ProgressPoint point)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (string column in (string[])["scenario", "", "time", "now/s", "allowed", "denied", "errors", "redis"])
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        int filled = (int)Math.Clamp(point.AtUs / 1e6 / duration.TotalSeconds * BarWidth, 0, BarWidth);
        var tally = point.Tally;
        table.AddRow(
            new Text(scenario.Name),
            new Text(new string('━', filled) + new string('─', BarWidth - filled)),
            new Text(point.Clock),
            new Text(FormattableString.Invariant($"{point.RatePerSecond:N0}")),
            new Text(FormattableString.Invariant($"{tally.Allowed:N0}")),
            new Text(FormattableString.Invariant($"{tally.Denied:N0}")),
            new Text(FormattableString.Invariant($"{tally.Errors:N0}"), tally.Errors > 0 ? new Style(Color.Red) : Style.Plain),
            new Text(FormattableString.Invariant($"{point.RedisShare:P0}")));
        return table;
    }
}
