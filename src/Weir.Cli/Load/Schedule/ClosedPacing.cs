namespace Weir.Cli.Load;

internal sealed class ClosedPacing(RunClock clock, ClosedSchedule schedule, RequestBudget budget, long firstUs, long endUs) : IPacing
{
    private long _lastUs = long.MinValue;

    public async ValueTask<long> NextAsync(CancellationToken cancellation)
    {
        long now = clock.NowUs;
        long next = _lastUs == long.MinValue ? firstUs : schedule.NextUs(_lastUs, now);
        if (next >= endUs || now >= endUs)
            return IPacing.Ended;
        // A sleep has a coarser clock and may end early. A user must not be faster than its pace.
        for (; next > now; now = clock.NowUs)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling((next - now) / 1e3)), cancellation).ConfigureAwait(false);

        if (now >= endUs || !budget.TryTake())
            return IPacing.Ended;
        // A closed loop intends a request when it sends it.
        return _lastUs = now;
    }
}
