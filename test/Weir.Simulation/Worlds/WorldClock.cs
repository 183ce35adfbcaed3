namespace Weir.Simulation.Worlds;

/// <summary>
/// The clock of one instance: it follows the world's time at its own pace, and its timers are events of the world. While
/// the instance is not scheduled its clock runs on, and its timers ring when it is scheduled again.
/// </summary>
internal sealed class WorldClock(World world, DateTimeOffset start, double pace) : TimeProvider
{
    private const long TicksPerUs = TimeSpan.TicksPerMicrosecond;

    private readonly long _bornUs = world.NowUs;

    /// <summary>The instance is not scheduled until then.</summary>
    public long PausedUntilUs { get; private set; }

    /// <summary>True while the instance is not scheduled.</summary>
    public bool IsPaused => world.NowUs < PausedUntilUs;

    /// <summary>True if the instance has crashed: no timer rings any more.</summary>
    public bool IsDead { get; set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => (long)((world.NowUs - _bornUs) * pace) * TicksPerUs;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => start + TimeSpan.FromTicks(GetTimestamp());

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>The instance is not scheduled for a while, unless it is not for longer already.</summary>
    public void Pause(long us) => PausedUntilUs = Math.Max(PausedUntilUs, world.NowUs + us);

    /// <summary>Does something now, or as soon as the instance is scheduled again.</summary>
    public void WhenScheduled(Action action)
    {
        if (IsDead)
            return;
        if (IsPaused)
            world.In(PausedUntilUs - world.NowUs, () => WhenScheduled(action));
        else
            action();
    }

    private sealed class Timer(WorldClock clock, Action ring) : ITimer
    {
        private int _set;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int set = ++_set;
            if (dueTime != Timeout.InfiniteTimeSpan)
                Set(set, dueTime, period);
            return true;
        }

        public void Dispose() => _set++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Set(int set, TimeSpan dueTime, TimeSpan period) => clock.RingIn(dueTime, () =>
        {
            if (set != _set)
                return;
            if (period > TimeSpan.Zero)
                Set(set, period, period);
            ring();
        });
    }

    /// <summary>A timer of the instance never rings before its own clock says so.</summary>
    private void RingIn(TimeSpan time, Action ring) => world.In((long)Math.Ceiling(time.Ticks / (TicksPerUs * pace)), () => WhenScheduled(ring));
}
