using Weir.Cli.Load;

namespace Weir.Cli.Tests;

public sealed class RecorderTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly Answer FromRedis = new(AnswerKind.Allowed, AnswerSource.Redis, 200);
    private static readonly Answer FromMemory = new(AnswerKind.Denied, AnswerSource.Memory, 429);

    [Fact]
    public void Percentiles_are_those_of_the_values()
    {
        var latencies = new Latencies();
        for (int us = 1; us <= 1_000; us++)
            latencies.Record(us);

        Assert.Equal(500, latencies.PercentileUs(50));
        Assert.Equal(950, latencies.PercentileUs(95));
        Assert.Equal(990, latencies.PercentileUs(99));
        Assert.Equal(1_000, latencies.MaxUs);
    }

    [Fact]
    public void The_maximum_is_exact_and_no_percentile_exceeds_it()
    {
        var latencies = new Latencies();
        latencies.Record(1_234_567);

        Assert.Equal(1_234_567, latencies.MaxUs);
        Assert.Equal(1_234_567, latencies.PercentileUs(99.9));
    }

    [Fact]
    public void Nothing_recorded_is_zero_everywhere()
    {
        var latencies = new Latencies();

        Assert.Equal((0, 0, 0.0), (latencies.MaxUs, latencies.PercentileUs(50), latencies.MeanUs));
    }

    [Fact]
    public void A_wait_above_the_pace_adds_the_sends_that_it_hid()
    {
        var latencies = new Latencies();
        latencies.Record(100_000, expectedIntervalUs: 10_000);

        // 100, 90, ... 10 ms.
        Assert.Equal(10, latencies.Count);
        Assert.InRange(latencies.PercentileUs(50), 49_900, 50_100);
    }

    [Fact]
    public void Latency_counts_from_the_intended_time_and_service_from_the_send()
    {
        var recorder = Recorder();
        recorder.Record(0, new Sample(IntendedUs: 1_000, SentUs: 401_000, DoneUs: 402_000), FromRedis);

        var recording = recorder.Finish(Second);

        Assert.Equal(401_000, recording.Latency.MaxUs);
        Assert.Equal(1_000, recording.Service.MaxUs);
    }

    [Fact]
    public void The_warm_up_is_not_counted_but_its_failures_are_not_hidden()
    {
        var recorder = Recorder();
        recorder.Record(0, new Sample(-10, -10, 5), FromRedis);
        recorder.Record(0, new Sample(-10, -10, 5), Answer.Disconnected);

        var tally = recorder.Finish(Second).Tally;

        Assert.Equal((0, 1), (tally.Requests, tally.WarmupErrors));
    }

    [Fact]
    public void Every_way_a_request_can_end_is_counted_once()
    {
        var recorder = Recorder();
        Answer[] answers =
        [
            FromRedis, FromMemory, Answer.TimedOut, Answer.Disconnected,
            new(AnswerKind.WrongStatus, AnswerSource.None, 503), new(AnswerKind.Malformed, AnswerSource.None, 200),
        ];
        for (int user = 0; user < 60; user++)
            recorder.Record(user, new Sample(0, 0, 10), answers[user % answers.Length]);
        recorder.RecordUnsent(0, 10);

        var tally = recorder.Finish(Second).Tally;

        Assert.Equal(61, tally.Requests);
        Assert.Equal((10, 10, 10, 10), (tally.Allowed, tally.Denied, tally.Redis, tally.Memory));
        Assert.Equal((10, 10, 10, 10, 1), (tally.TimedOut, tally.Disconnected, tally.WrongStatus, tally.Malformed, tally.Unsent));
    }

    [Fact]
    public void A_refused_connection_does_not_flatter_the_latency()
    {
        var recorder = Recorder();
        recorder.Record(0, new Sample(0, 0, 10), Answer.Disconnected);
        recorder.Record(0, new Sample(0, 0, 500_000), Answer.TimedOut);

        var recording = recorder.Finish(Second);

        Assert.Equal(1, recording.Latency.Count);
        Assert.Equal(500_000, recording.Latency.MaxUs);
    }

    [Fact]
    public void The_longest_gap_is_between_answers_and_to_the_end()
    {
        var recorder = Recorder();
        foreach (long done in (long[])[100_000, 200_000, 550_000])
            recorder.Record(0, new Sample(0, 0, done), FromRedis);
        recorder.Record(0, new Sample(0, 0, 700_000), Answer.Disconnected);

        Assert.Equal(450, recorder.Finish(Second).LongestGap.TotalMilliseconds);
    }

    [Fact]
    public void A_source_is_back_only_with_a_request_sent_after_the_event()
    {
        var recorder = Recorder();
        recorder.RedisAfterRestart.Begin(500_000);
        recorder.Record(0, new Sample(499_000, 499_000, 501_000), FromRedis);
        recorder.Record(0, new Sample(502_000, 502_000, 503_000), FromMemory);
        Assert.Null(recorder.RedisAfterRestart.After);

        recorder.Record(0, new Sample(600_000, 600_000, 601_000), FromRedis);
        recorder.Record(0, new Sample(700_000, 700_000, 701_000), FromRedis);

        Assert.Equal(101, recorder.RedisAfterRestart.After!.Value.TotalMilliseconds);
    }

    [Fact]
    public void The_timeline_says_who_decided_when()
    {
        var recorder = Recorder();
        recorder.Record(0, new Sample(0, 0, 50_000), FromRedis);
        recorder.Record(1, new Sample(0, 0, 150_000), FromMemory);
        recorder.Record(0, new Sample(0, 0, 250_000), Answer.TimedOut);

        var slots = recorder.Finish(Second).Timeline.Slots;

        Assert.Equal((1, 0, 0), (slots[0].Redis, slots[0].Memory, slots[0].Errors));
        Assert.Equal((0, 1, 0), (slots[1].Redis, slots[1].Memory, slots[1].Errors));
        Assert.Equal((0, 0, 1), (slots[2].Redis, slots[2].Memory, slots[2].Errors));
    }

    private static Recorder Recorder() => new(Second, timeout: Second, expectedInterval: TimeSpan.Zero);
}
