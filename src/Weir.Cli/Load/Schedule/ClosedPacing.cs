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
        // A sleep may end early, so repeat it: a user must not send faster than its pace.
        for (; next > now; now = clock.NowUs)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling((next - now) / 1e3)), cancellation).ConfigureAwait(false);

        if (now >= endUs || !budget.TryTake())
            return IPacing.Ended;
        // In a closed loop, the intended time is the send time.
        return _lastUs = now;
    }
}
