namespace Weir.Cli.Load;

/// <summary>Records the requests that are intended in the measured part. Safe for concurrent use.</summary>
internal sealed class Recorder
{
    private readonly Lane[] _lanes;
    private readonly long _expectedIntervalUs;
    private readonly long _timelineUs;
    private readonly AnswerGap _gap = new();
    private long _lastDoneUs;

    public Recorder(TimeSpan duration, TimeSpan timeout, TimeSpan expectedInterval)
    {
        _timelineUs = RunClock.Us(duration + timeout);
        _expectedIntervalUs = RunClock.Us(expectedInterval);
        _lanes = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Lane(_timelineUs))];
    }

    public SourceWatch MemoryAfterKill { get; } = new(AnswerSource.Memory);

    public SourceWatch RedisAfterRestart { get; } = new(AnswerSource.Redis);

    public void Record(int user, in Sample sample, Answer answer)
    {
        var lane = _lanes[user % _lanes.Length];
        if (sample.IntendedUs < 0)
        {
            if (!answer.Decided)
                lane.RecordWarmupError();
            return;
        }

        lane.Record(sample, answer, _expectedIntervalUs);
        if (!answer.Decided)
            return;
        _gap.Mark(sample.DoneUs);
        MemoryAfterKill.See(sample, answer);
        RedisAfterRestart.See(sample, answer);
        if (sample.DoneUs > Volatile.Read(ref _lastDoneUs))
            Volatile.Write(ref _lastDoneUs, sample.DoneUs);
    }

    /// <summary>Records a request that no user could send before the end of the run.</summary>
    public void RecordUnsent(long intendedUs, long nowUs)
    {
        if (intendedUs >= 0)
            _lanes[0].RecordUnsent(nowUs - intendedUs);
        else
            _lanes[0].RecordWarmupError();
    }

    public Tally Tally()
    {
        var tally = new Tally();
        foreach (var lane in _lanes)
            lane.AddTo(tally);
        return tally;
    }

    /// <summary>Returns the results. Call this after all users have stopped.</summary>
    public Recording Finish(TimeSpan duration)
    {
        long endUs = Math.Max(RunClock.Us(duration), Volatile.Read(ref _lastDoneUs));
        var recording = new Recording(Tally(), new Latencies(), new Latencies(), new Timeline(_timelineUs), TimeSpan.FromMicroseconds(endUs));
        foreach (var lane in _lanes)
            lane.AddTo(recording.Latency, recording.Service, recording.Timeline);
        // The time from the last decision to the end of the run is also a gap.
        _gap.Mark(RunClock.Us(duration));
        return recording with { LongestGap = TimeSpan.FromMicroseconds(_gap.LongestUs) };
    }
}

/// <summary>Results of a run. Corrected latency starts at the intended time, service time at the send.</summary>
internal sealed record Recording(Tally Tally, Latencies Latency, Latencies Service, Timeline Timeline, TimeSpan Elapsed)
{
    public TimeSpan LongestGap { get; init; }

    public IEnumerable<Timeline.Slot> Slots => Timeline.Slots.Take((int)((RunClock.Us(Elapsed) + Timeline.SlotUs - 1) / Timeline.SlotUs));
}
