using Spectre.Console;

namespace Weir.Cli.Load;

internal static class ReportTable
{
    private static readonly string[] Columns =
        ["scenario", "users", "rate/s", "p50 ms", "p95 ms", "p99 ms", "max ms", "allowed", "denied", "errors", "redis", "memory"];

    /// <summary>Minimum columns of the terminal for the table. Narrower terminals show it transposed.</summary>
    private const int WideEnough = 116;

    public static void Write(IAnsiConsole console, LoadReport report)
    {
        string[][] rows = [Columns, .. report.Results.Select(result => Row(result).ToArray())];
        console.Write(Draw(console.Profile.Width >= WideEnough ? rows : Upright(rows)));
        foreach (string line in Lines(report))
            console.WriteLine(line);
    }

    private static Table Draw(string[][] rows)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (string heading in rows[0])
            table.AddColumn(new TableColumn(heading) { NoWrap = true, Alignment = heading == Columns[0] ? Justify.Left : Justify.Right });
        foreach (string[] row in rows[1..])
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        return table;
    }

    private static string[][] Upright(string[][] rows) =>
        [.. Enumerable.Range(0, Columns.Length).Select(measure => rows.Select(row => row[measure]).ToArray())];

    private static IEnumerable<string> Row(ScenarioResult result)
    {
        var (recording, tally) = (result.Recording, result.Recording.Tally);
        return
        [
            result.Scenario.Name,
            Whole(result.Scenario.Users),
            Whole(tally.Answered / recording.Elapsed.TotalSeconds),
            Ms(recording.Latency.PercentileUs(50)),
            Ms(recording.Latency.PercentileUs(95)),
            Ms(recording.Latency.PercentileUs(99)),
            Ms(recording.Latency.MaxUs),
            Whole(tally.Allowed),
            Whole(tally.Denied),
            Whole(tally.Errors),
            Share(tally.Redis, tally.Answered),
            Share(tally.Memory, tally.Answered),
        ];
    }

    private static IEnumerable<string> Lines(LoadReport report)
    {
        foreach (var result in report.Results)
        {
            foreach (string line in Lines(result))
                yield return line;
        }

        yield return Explain(report.Settings);
        yield return report.Settings.Url is null
            ? $"Server: {report.Url}, started by the tool; store: {report.Store}. Server, Redis and tool share one machine: {report.Machine}."
            : $"Server: {report.Url}. The tool's machine: {report.Machine}.";
        foreach (string note in report.Notes)
            yield return note;
    }

    private static IEnumerable<string> Lines(ScenarioResult result)
    {
        var tally = result.Recording.Tally;
        if (tally.Errors > 0)
        {
            yield return $"{result.Scenario.Name}: failed: {Whole(tally.TimedOut)} without an answer in time, {Whole(tally.Disconnected)} disconnected, "
                + $"{Whole(tally.WrongStatus)} with another status, {Whole(tally.Malformed)} not a decision, {Whole(tally.Unsent)} never sent.";
        }

        if (tally.WarmupErrors > 0)
            yield return $"{result.Scenario.Name}: {Whole(tally.WarmupErrors)} requests failed in the warm-up, which the table leaves out.";
        if (result.Outage is not { } outage)
            yield break;
        yield return $"{result.Scenario.Name}: Redis killed at {Seconds(outage.Marks.KilledAt)}, back (empty) at {Seconds(outage.Marks.RestartedAt)}. "
            + $"Longest time in which nobody got an answer: {Ms(RunClock.Us(result.Recording.LongestGap))} ms.";
        yield return $"{result.Scenario.Name}: first decision from memory {After(outage.MemoryAfterKill)} the kill; from Redis again {After(outage.RedisAfterRestart)} its return.";
        yield return $"{result.Scenario.Name}: {SourceStrip.Draw(result.Recording)}";
    }

    private static string Explain(LoadSettings settings) => settings.Correction switch
    {
        Correction.IntendedTime =>
            $"Open loop, {Whole(settings.Rate!.Value)} requests a second intended: latency counts from the intended time, so waiting for a stalled server is in it.",
        Correction.ExpectedInterval =>
            $"Closed loop, each user at most once in {DurationSyntax.Write(settings.Pace)}: latency is corrected for the requests a waiting user did not send.",
        _ =>
            "Closed loop, as fast as answers come: latency is as measured, NOT corrected for coordinated omission; a stall counts once a user. Use --rate for that.",
    };

    private static string After(TimeSpan? span) => span is { } time ? $"{Ms(RunClock.Us(time))} ms after" : "never came after";

    private static string Seconds(TimeSpan span) => FormattableString.Invariant($"{span.TotalSeconds:0.0} s");

    private static string Ms(long us) => FormattableString.Invariant($"{us / 1e3:N2}");

    private static string Whole(double number) => FormattableString.Invariant($"{number:N0}");

    private static string Share(long part, long whole) => whole == 0 ? "-" : FormattableString.Invariant($"{100.0 * part / whole:0.0}%");
}
