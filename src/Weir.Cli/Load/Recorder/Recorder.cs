namespace Weir.Cli.Load;

/// <summary>Records requests intended in the measured part, whenever they end. Safe for concurrent use.</summary>
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

    /// <summary>Records a request that no user was free to send before the end.</summary>
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

    /// <summary>Call when the users have stopped.</summary>
    public Recording Finish(TimeSpan duration)
    {
        long endUs = Math.Max(RunClock.Us(duration), Volatile.Read(ref _lastDoneUs));
        var recording = new Recording(Tally(), new Latencies(), new Latencies(), new Timeline(_timelineUs), TimeSpan.FromMicroseconds(endUs));
        foreach (var lane in _lanes)
            lane.AddTo(recording.Latency, recording.Service, recording.Timeline);
        // A run that ends in silence ends in a gap, too.
        _gap.Mark(RunClock.Us(duration));
        return recording with { LongestGap = TimeSpan.FromMicroseconds(_gap.LongestUs) };
    }
}

/// <summary>Latency counts from the intended time, corrected; service counts from the send, uncorrected.</summary>
internal sealed record Recording(Tally Tally, Latencies Latency, Latencies Service, Timeline Timeline, TimeSpan Elapsed)
{
    public TimeSpan LongestGap { get; init; }

    public IEnumerable<Timeline.Slot> Slots => Timeline.Slots.Take((int)((RunClock.Us(Elapsed) + Timeline.SlotUs - 1) / Timeline.SlotUs));
}
