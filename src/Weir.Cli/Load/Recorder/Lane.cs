namespace Weir.Cli.Load;

/// <summary>Records the requests of some users. One lane per processor reduces lock contention.</summary>
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
            // Skip failures other than timeouts: a connection that is refused at once would lower the latency.
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
