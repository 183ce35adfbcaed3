namespace Weir.Cli.Load;

/// <summary>
/// What one lane of users recorded. There are as many lanes as processors, so that users seldom meet at a lock and a
/// thousand of them do not need a thousand histograms, which would push the server out of the processor's cache.
/// </summary>
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
            // A refused connection is over at once; timing it would flatter a server that is down. A timeout was waited
            // for.
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
