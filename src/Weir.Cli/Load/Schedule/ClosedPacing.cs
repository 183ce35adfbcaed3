namespace Weir.Cli.Load;

/// <summary>One user's closed loop: bounded by the run's end and by the requests all users may still send.</summary>
internal sealed class ClosedPacing(RunClock clock, ClosedSchedule schedule, RequestBudget budget, long firstUs, long endUs) : IPacing
{
    private long _lastUs = long.MinValue;

    public async ValueTask<long> NextAsync(CancellationToken cancellation)
    {
        long now = clock.NowUs;
        long next = _lastUs == long.MinValue ? firstUs : schedule.NextUs(_lastUs, now);
        if (next >= endUs || now >= endUs)
            return IPacing.Ended;
        if (next > now)
        {
            await Task.Delay(TimeSpan.FromMicroseconds(next - now), cancellation).ConfigureAwait(false);
            now = clock.NowUs;
        }

        if (now >= endUs || !budget.TryTake())
            return IPacing.Ended;
        // A closed loop intends a request when it sends it: nothing was promised for an earlier moment.
        return _lastUs = now;
    }
}
