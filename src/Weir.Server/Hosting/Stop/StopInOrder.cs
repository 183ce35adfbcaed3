namespace Weir.Server;

/// <summary>Starts the drain, returns leases, saves the snapshot, and waits for <c>Weir:Shutdown:DrainMs</c>.</summary>
internal sealed partial class StopInOrder(
    Draining draining, Stores stores, WeirOptions options, TimeProvider time, ILogger<StopInOrder> logger,
    SnapshotService? snapshots = null)
    : IHostedLifecycleService
{
    /// <summary>Returns the maximum time from the stop signal until connections are aborted.</summary>
    public static TimeSpan LongestOf(WeirOptions options) => options.Shutdown.Drain + options.Shutdown.Timeout;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        draining.Begin();
        Stopping(options.Shutdown.DrainMs);
        var drained = Task.Delay(options.Shutdown.Drain, time, cancellationToken);
        await stores.ReturnLeasesAsync();
        snapshots?.Save();
        await drained.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        draining.End();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(62, LogLevel.Information,
        "Weir stops: it decides for another {DrainMs} ms, then ends the requests under way")]
    private partial void Stopping(int drainMs);
}
