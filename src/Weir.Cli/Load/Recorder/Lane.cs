namespace Weir.Cli.Load;

/// <summary>Records of some users. A lane for each processor: few locks, and few histograms in its cache.</summary>
internal sealed class Lane(long timelineUs)
{
    private readonly Lock _gate = new();
    private readonly Tally _tally = new();
    private readonly Latencies _latency = new();
    private readonly Latencies _service = new();
    private readonly Timeline _timeline = new(timelineUs);

    public void Record(in Sample sample, Answer answer, long expectedIntervalUs)
    {
        lock (_gate)
        {
            _tally.Count(answer);
            _timeline.Count(sample.DoneUs, answer);
            // A refused connection ends at once: its time would flatter a server that is down.
            if (!answer.Decided && answer.Kind != AnswerKind.TimedOut)
                return;
            _latency.Record(sample.DoneUs - sample.IntendedUs, expectedIntervalUs);
            _service.Record(sample.DoneUs - sample.SentUs);
        }
    }

    public void RecordUnsent(long waitedUs)
    {
        lock (_gate)
        {
            _tally.Unsent++;
            _latency.Record(waitedUs);
        }
    }

    public void RecordWarmupError()
    {
        lock (_gate)
            _tally.WarmupErrors++;
    }

    public void AddTo(Tally tally)
    {
        lock (_gate)
            tally.Add(_tally);
    }

    public void AddTo(Latencies latency, Latencies service, Timeline timeline)
    {
        lock (_gate)
        {
            latency.Add(_latency);
            service.Add(_service);
            timeline.Add(_timeline);
        }
    }
}
