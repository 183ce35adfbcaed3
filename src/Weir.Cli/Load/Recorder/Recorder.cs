namespace Weir.Cli.Load;

/// <summary>
/// Takes down what users see. A request belongs to the measured part when it was intended there, whenever it ended.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
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

    /// <summary>A request that was intended, and that no user was free to send before the run was over.</summary>
    public void RecordUnsent(long intendedUs, long nowUs)
    {
        if (intendedUs >= 0)
            _lanes[0].RecordUnsent(nowUs - intendedUs);
        else
            _lanes[0].RecordWarmupError();
    }

    /// <summary>The counts so far; cheap enough to be asked while the run goes on.</summary>
    public Tally Tally()
    {
        var tally = new Tally();
        foreach (var lane in _lanes)
            lane.AddTo(tally);
        return tally;
    }

    /// <summary>All of it, once the users have stopped.</summary>
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

/// <summary>What a run recorded.</summary>
/// <param name="Tally">Counts.</param>
/// <param name="Latency">From the intended time, corrected as the run's <see cref="Correction"/> says.</param>
/// <param name="Service">From the send, uncorrected.</param>
/// <param name="Timeline">Answers by source over time.</param>
/// <param name="Elapsed">The measured part, up to its last answer.</param>
internal sealed record Recording(Tally Tally, Latencies Latency, Latencies Service, Timeline Timeline, TimeSpan Elapsed)
{
    /// <summary>The longest time without any answer.</summary>
    public TimeSpan LongestGap { get; init; }

    /// <summary>The timeline's slots that the measured part reached.</summary>
    public IEnumerable<Timeline.Slot> Slots => Timeline.Slots.Take((int)((RunClock.Us(Elapsed) + Timeline.SlotUs - 1) / Timeline.SlotUs));
}
