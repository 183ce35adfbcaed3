using Weir.Cli.Load;

namespace Weir.Cli.Tests;

/// <summary>The two ways of writing a report, to the letter: people's scripts read both.</summary>
public sealed class ReportTests
{
    private static readonly Answer FromRedis = new(AnswerKind.Allowed, AnswerSource.Redis, 200);
    private static readonly Answer FromMemory = new(AnswerKind.Denied, AnswerSource.Memory, 429);

    [Fact]
    public void The_table_is_as_documented()
    {
        using var output = new StringWriter();

        ReportTable.Write(Screen.Of(output), Report());

        Assert.Equal(
            """
            ╭──────────┬───────┬────────┬────────┬────────┬────────┬────────┬─────────┬────────┬────────┬────────┬────────╮
            │ scenario │ users │ rate/s │ p50 ms │ p95 ms │ p99 ms │ max ms │ allowed │ denied │ errors │  redis │ memory │
            ├──────────┼───────┼────────┼────────┼────────┼────────┼────────┼─────────┼────────┼────────┼────────┼────────┤
            │ steady   │   100 │  1,000 │   0.50 │   0.95 │   0.99 │   1.00 │   1,000 │      0 │      0 │ 100.0% │   0.0% │
            │ outage   │   100 │      3 │   2.00 │   4.00 │   4.00 │   4.00 │       2 │      1 │      1 │  66.7% │  33.3% │
            ╰──────────┴───────┴────────┴────────┴────────┴────────┴────────┴─────────┴────────┴────────┴────────┴────────╯
            """.ReplaceLineEndings(),
            string.Join(Environment.NewLine, Lines(output)[..6]));
        Assert.Equal(
            """
            outage: failed: 0 without an answer in time, 1 disconnected, 0 with another status, 0 not a decision, 0 never sent.
            outage: Redis killed at 0.4 s, back (empty) at 0.6 s. Longest time in which nobody got an answer: 304.00 ms.
            outage: first decision from memory 52.00 ms after the kill; from Redis again 104.00 ms after its return.
            outage: sources by half second (R redis, M memory, r both, E errors, . silence): rE
            Closed loop, as fast as answers come: latency is as measured, NOT corrected for coordinated omission; a stall counts once a user. Use --rate for that.
            Server: http://127.0.0.1:1/, started by the tool; store: redis. Server, Redis and tool share one machine: a test.
            A note.
            """.ReplaceLineEndings(),
            string.Join(Environment.NewLine, Lines(output)[6..]));
    }

    [Fact]
    public void On_a_narrow_terminal_the_table_stands_upright()
    {
        using var output = new StringWriter();
        var console = Screen.Of(output);
        console.Profile.Width = 80;

        ReportTable.Write(console, Report());

        Assert.Equal(
            """
            ╭──────────┬────────┬────────╮
            │ scenario │ steady │ outage │
            ├──────────┼────────┼────────┤
            │ users    │    100 │    100 │
            │ rate/s   │  1,000 │      3 │
            """.ReplaceLineEndings(),
            string.Join(Environment.NewLine, Lines(output)[..5]));
    }

    [Fact]
    public void The_json_is_as_documented()
    {
        string json = ReportJson.Write(Report());

        Assert.Equal(Golden(), json.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_report_with_a_failed_request_is_failed() => Assert.True(Report().Failed);

    private static string[] Lines(StringWriter output) =>
        [.. output.ToString().Split(Environment.NewLine).Select(line => line.TrimEnd()).Where(line => line.Length > 0)];

    private static LoadReport Report()
    {
        var report = new LoadReport(new LoadSettings { Scenarios = Scenario.Table, Duration = TimeSpan.FromSeconds(1) })
        {
            Machine = "a test",
            Url = new Uri("http://127.0.0.1:1"),
            Store = "redis",
        };
        report.Notes.Add("A note.");
        report.Results.Add(Steady());
        report.Results.Add(Outage());
        return report;
    }

    private static ScenarioResult Steady()
    {
        var recorder = NewRecorder();
        for (int us = 1; us <= 1_000; us++)
            recorder.Record(us, new Sample(us, us, 2 * us), FromRedis);
        return new ScenarioResult(Scenario.Steady, recorder.Finish(TimeSpan.FromSeconds(1))) { Warmup = TimeSpan.FromSeconds(2) };
    }

    private static ScenarioResult Outage()
    {
        var recorder = NewRecorder();
        recorder.Record(0, new Sample(300_000, 300_000, 304_000), FromRedis);
        recorder.MemoryAfterKill.Begin(400_000);
        recorder.Record(0, new Sample(450_000, 450_000, 452_000), FromMemory);
        recorder.Record(0, new Sample(550_000, 550_000, 551_000), Answer.Disconnected);
        recorder.RedisAfterRestart.Begin(600_000);
        recorder.Record(0, new Sample(702_000, 702_000, 704_000), FromRedis);
        var marks = new OutageMarks(TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(600));
        return new ScenarioResult(Scenario.RedisOutage, recorder.Finish(TimeSpan.FromSeconds(1)))
        {
            Warmup = TimeSpan.FromSeconds(2),
            Outage = new OutageResult(marks, recorder.MemoryAfterKill.After, recorder.RedisAfterRestart.After),
        };
    }

    private static Recorder NewRecorder() => new(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100), TimeSpan.Zero);

    private static string Golden()
    {
        using var stream = typeof(ReportTests).Assembly.GetManifestResourceStream("report.golden.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n").TrimEnd();
    }
}
