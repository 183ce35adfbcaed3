namespace Weir.Server;

/// <summary>
/// What happens before the server stops listening: it says so, saves what would be lost if it were killed while it
/// waits for callers, and goes on deciding for <c>Weir:Shutdown:DrainMs</c>.
/// </summary>
/// <remarks>Live data needs nothing here: each change is saved before it is answered.</remarks>
internal sealed partial class StopInOrder(
    Draining draining, Stores stores, WeirOptions options, TimeProvider time, ILogger<StopInOrder> logger,
    SnapshotService? snapshots = null)
    : IHostedLifecycleService
{
    /// <summary>The longest time from the signal to the moment at which connections are cut.</summary>
    public static TimeSpan LongestOf(WeirOptions options) => options.Shutdown.Drain + options.Shutdown.Timeout;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        draining.Begin();
        Stopping(options.Shutdown.DrainMs);
        var drained = Task.Delay(options.Shutdown.Drain, time, cancellationToken);
        await stores.ReturnLeasesAsync();
        snapshots?.Save();
        await drained.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
