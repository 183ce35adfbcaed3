using Weir.Cli.Load;

namespace Weir.Cli.Tests;

/// <summary>One stall of half a second, seen through each kind of loop.</summary>
public sealed class CoordinatedOmissionTests
{
    private const int Users = 10;
    private static readonly TimeSpan Stall = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(1_500);

    [Fact]
    public async Task An_open_loop_shows_the_stall_on_every_request_intended_during_it()
    {
        var recording = await RunAsync(new LoadSettings { Scenarios = [], Rate = 500 });

        Assert.Equal(750, recording.Latency.Count);
        // A third of the requests were intended during the stall, and waited for what was left of it.
        Assert.InRange(recording.Latency.PercentileUs(99), 450_000, 2_000_000);
        Assert.InRange(recording.Latency.PercentileUs(80), 150_000, 1_500_000);
        Assert.InRange(recording.Latency.MaxUs, 490_000, 2_000_000);
        // Timed from the send, all but those of ten users look quick: that is what coordinated omission hides.
        Assert.True(recording.Service.PercentileUs(80) < recording.Latency.PercentileUs(80) / 2);
    }

    [Fact]
    public async Task A_paced_closed_loop_is_corrected_for_the_sends_the_stall_hid()
    {
        var recording = await RunAsync(new LoadSettings { Scenarios = [], Pace = TimeSpan.FromMilliseconds(20) });

        // Each of the ten users would have sent some 24 more.
        Assert.InRange(recording.Latency.Count - recording.Tally.Requests, 200, 600);
        Assert.InRange(recording.Latency.PercentileUs(80), 100_000, 1_500_000);
        Assert.Equal(recording.Tally.Requests, recording.Service.Count);
    }

    [Fact]
    public async Task A_closed_loop_without_a_pace_shows_the_stall_once_a_user_and_says_it_is_not_corrected()
    {
        var settings = new LoadSettings { Scenarios = [] };
        var recording = await RunAsync(settings);

        Assert.Equal(Correction.None, settings.Correction);
        Assert.Equal(recording.Tally.Requests, recording.Latency.Count);
        Assert.InRange(recording.Latency.MaxUs, 490_000, 2_000_000);
    }

    private static async Task<Recording> RunAsync(LoadSettings settings)
    {
        settings = settings with { Duration = Duration, Warmup = TimeSpan.Zero };
        var stalled = Task.CompletedTask;
        await using var server = new FakeWeir(async number =>
        {
            if (number == 100)
                stalled = Task.Delay(Stall);
            await stalled;
            return FakeAnswer.Allowed;
        });
        var target = await Target.ResolveAsync(new Uri(server.Url), TestContext.Current.CancellationToken);
        var run = new ScenarioRun(Scenario.Steady with { Users = Users }, settings, target, outage: null, new LineProgress(TextWriter.Null));
        var result = await run.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, result.Recording.Tally.Errors);
        return result.Recording;
    }
}
