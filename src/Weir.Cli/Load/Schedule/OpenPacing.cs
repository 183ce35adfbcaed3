using System.Threading.Channels;

namespace Weir.Cli.Load;

/// <summary>
/// Open loop: one thread hands out due requests to free users. Latency includes the wait in the queue. Requests that
/// exceed the bound of the queue, or remain in it, count as unsent.
/// </summary>
internal sealed class OpenPacing(RunClock clock, OpenSchedule schedule, Recorder recorder, long lastSendUs) : IPacing
{
    /// <summary>Maximum queued requests, 8 bytes each: 50 seconds without an answer at 20,000 per second.</summary>
    private const int MaxQueued = 1_000_000;

    private readonly Channel<long> _due = Channel.CreateUnbounded<long>(new UnboundedChannelOptions { SingleWriter = true });

    public async ValueTask<long> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (clock.NowUs >= lastSendUs)
                return IPacing.Ended;
            if (_due.Reader.TryRead(out long intended))
                return intended;
            if (!await _due.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
                return IPacing.Ended;
        }
    }

    public Task RunAsync(CancellationToken cancellation) =>
        Task.Factory.StartNew(() => HandOut(cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Records the requests left in the queue. Call this after all users have stopped.</summary>
    public void CountUnsent()
    {
        long now = clock.NowUs;
        while (_due.Reader.TryRead(out long intended))
            recorder.RecordUnsent(intended, now);
    }

    private void HandOut(CancellationToken cancellation)
    {
        long next = 0;
        while (next < schedule.Count && !cancellation.IsCancellationRequested)
        {
            long now = clock.NowUs;
            for (; next < schedule.Count && schedule.IntendedUs(next) <= now; next++)
                Offer(schedule.IntendedUs(next), now);
            Thread.Sleep(1);
        }

        _due.Writer.Complete();
    }

    private void Offer(long intendedUs, long nowUs)
    {
        if (_due.Reader.Count >= MaxQueued || !_due.Writer.TryWrite(intendedUs))
            recorder.RecordUnsent(intendedUs, nowUs);
    }
}
