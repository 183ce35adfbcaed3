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
        // The sleep is cut to whole milliseconds and measured by a coarser clock than ours: it may end early, and a
        // user that sends early is faster than its pace.
        for (; next > now; now = clock.NowUs)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling((next - now) / 1e3)), cancellation).ConfigureAwait(false);

        if (now >= endUs || !budget.TryTake())
            return IPacing.Ended;
        // A closed loop intends a request when it sends it: nothing was promised for an earlier moment.
        return _lastUs = now;
    }
}
