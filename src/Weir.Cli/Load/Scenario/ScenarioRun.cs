namespace Weir.Cli.Load;

internal sealed class ScenarioRun(Scenario scenario, LoadSettings settings, Target target, OutageScript? outage, IProgressView progress)
{
    private static readonly TimeSpan WatchdogInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Extra time before the run is aborted. Only an error of the tool exceeds this time.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);

    private readonly RequestTemplate _template = new(target.Url, settings.Keys, settings.Tenant, settings.Cost, target.Key);
    private readonly Recorder _recorder = new(settings.Duration, settings.Timeout, settings.Pace);

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellation)
    {
        var clock = new RunClock(TimeProvider.System, settings.Warmup);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var connections = Enumerable.Range(0, scenario.Users)
            .Select(_ => new Connection(target, RunClock.Us(settings.Timeout), clock)).ToArray();
        var watchdog = WatchAsync(connections, clock, stop.Token);
        try
        {
            var load = SendAsync(connections, clock, stop.Token);
            var script = outage?.RunAsync(clock, _recorder, settings.Duration, stop.Token);
            await progress.WatchAsync(scenario, clock, _recorder, load).ConfigureAwait(false);
            await load.WaitAsync(settings.Warmup + settings.Duration + (settings.Timeout * 2) + Slack, stop.Token).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            return Result(script is null ? null : await script.ConfigureAwait(false));
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await watchdog.ConfigureAwait(false);
            foreach (var connection in connections)
                connection.Dispose();
        }
    }

    private ScenarioResult Result(OutageMarks? marks) => new(scenario, _recorder.Finish(settings.Duration))
    {
        Warmup = settings.Warmup,
        Outage = marks is null ? null : new OutageResult(marks, _recorder.MemoryAfterKill.After, _recorder.RedisAfterRestart.After),
    };

    private Task SendAsync(Connection[] connections, RunClock clock, CancellationToken cancellation) =>
        settings.Rate is { } rate ? SendOpenAsync(rate, connections, clock, cancellation) : SendClosedAsync(connections, clock, cancellation);

    private async Task SendOpenAsync(long rate, Connection[] connections, RunClock clock, CancellationToken cancellation)
    {
        long endUs = RunClock.Us(settings.Duration);
        var schedule = new OpenSchedule(rate, -RunClock.Us(settings.Warmup), endUs);
        var pacing = new OpenPacing(clock, schedule, _recorder, endUs + RunClock.Us(settings.Timeout));
        var handOut = pacing.RunAsync(cancellation);
        await UsersAsync(connections, _ => pacing, clock, cancellation).ConfigureAwait(false);
        await handOut.ConfigureAwait(false);
        pacing.CountUnsent();
    }

    private Task SendClosedAsync(Connection[] connections, RunClock clock, CancellationToken cancellation)
    {
        var schedule = new ClosedSchedule(RunClock.Us(settings.Pace));
        var budget = new RequestBudget(RequestBudget.Default);
        long startUs = -RunClock.Us(settings.Warmup);
        return UsersAsync(
            connections,
            user => new ClosedPacing(clock, schedule, budget, schedule.FirstUs(startUs, user, connections.Length), RunClock.Us(settings.Duration)),
            clock,
            cancellation);
    }

    private Task UsersAsync(Connection[] connections, Func<int, IPacing> pacing, RunClock clock, CancellationToken cancellation) =>
        Task.WhenAll(connections.Select((connection, number) =>
        {
            var user = new User(number, pacing(number), connection, _template, _recorder, clock);
            return Task.Run(() => user.RunAsync(settings.Seed, cancellation), CancellationToken.None);
        }));

    private static async Task WatchAsync(Connection[] connections, RunClock clock, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(WatchdogInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
            {
                foreach (var connection in connections)
                    connection.AbortIfOverdue(clock.NowUs);
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
    }
}
