using Weir.Cli.Processes;

namespace Weir.Cli.Load;

internal sealed class OutageScript(ChildRedis redis)
{
    private const double KillAt = 0.4;
    private const double RestartAt = 0.6;

    /// <summary>Minimum duration of an outage run, so that decisions can return to Redis.</summary>
    public static readonly TimeSpan LeastDuration = TimeSpan.FromSeconds(3);

    public async Task<OutageMarks> RunAsync(RunClock clock, Recorder recorder, TimeSpan duration, CancellationToken cancellation)
    {
        await UntilAsync(clock, duration * KillAt, cancellation).ConfigureAwait(false);
        long killed = clock.NowUs;
        recorder.MemoryAfterKill.Begin(killed);
        redis.Kill();
        await UntilAsync(clock, duration * RestartAt, cancellation).ConfigureAwait(false);
        await redis.StartAgainAsync(cancellation).ConfigureAwait(false);
        long restarted = clock.NowUs;
        recorder.RedisAfterRestart.Begin(restarted);
        return new OutageMarks(TimeSpan.FromMicroseconds(killed), TimeSpan.FromMicroseconds(restarted));
    }

    private static Task UntilAsync(RunClock clock, TimeSpan when, CancellationToken cancellation)
    {
        long left = RunClock.Us(when) - clock.NowUs;
        return left > 0 ? Task.Delay(TimeSpan.FromMicroseconds(left), cancellation) : Task.CompletedTask;
    }
}

/// <summary>Times of the kill and the restart, from the start of the measured part.</summary>
internal sealed record OutageMarks(TimeSpan KilledAt, TimeSpan RestartedAt);
