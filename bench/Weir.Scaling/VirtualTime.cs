namespace Weir.Scaling;

/// <summary>Time that passes when nothing is left to do at a moment: events and timers in one line, for one thread.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Action, (long AtUs, long Order)> _events = new();
    private long _order;

    /// <summary>The time, in microseconds since 1970.</summary>
    public long NowUs { get; private set; } = (Start - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => NowUs;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(NowUs * TimeSpan.TicksPerMicrosecond);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void At(long us, Action what) => _events.Enqueue(what, (Math.Max(us, NowUs), _order++));

    /// <summary>Lets time pass until then.</summary>
    public void RunUntil(long us)
    {
        while (_events.TryPeek(out _, out var next) && next.AtUs <= us)
        {
            var what = _events.Dequeue();
            NowUs = next.AtUs;
            what();
        }

        NowUs = us;
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int setting = ++_setting;
            if (dueTime >= TimeSpan.Zero)
                time.At(time.NowUs + Us(dueTime), () => Ring(setting, period));
            return true;
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Ring(int setting, TimeSpan period)
        {
            if (setting != _setting)
                return;
            if (period > TimeSpan.Zero)
                time.At(time.NowUs + Us(period), () => Ring(setting, period));
            callback(state);
        }

        private static long Us(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;
    }
}
