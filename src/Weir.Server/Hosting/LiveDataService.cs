namespace Weir.Server;

/// <summary>Reads live data on each notification, and every 500 ms as a fallback. Deletes expired entries.</summary>
internal sealed partial class LiveDataService(LiveData live, ILogger<LiveDataService> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Time that expired entries are kept, because the clock of another instance may be slow.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    private const int SweptAtOnce = 10;

    private readonly SemaphoreSlim _nudge = new(0, 1);
    private Task _check = Task.CompletedTask;
    private string? _failure;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        live.Store.Changed += Nudge;
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        live.Store.Changed -= Nudge;
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await FollowAsync(stoppingToken);
            await ((Task)_nudge.WaitAsync(Interval, stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Runs one cycle. Logs unexpected errors, because an unhandled one would stop the host.</summary>
    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        try
        {
            await live.CatchUpAsync();
            await live.SweepAsync(LiveKind.Block, Grace, SweptAtOnce);
            await live.SweepAsync(LiveKind.Boost, Grace, SweptAtOnce);
            await live.SweepAsync(LiveKind.KeyLimits, Grace, SweptAtOnce);
            if (_check.IsCompleted)
            {
                await _check;
                _check = live.CheckTenantsAsync(stoppingToken);
            }

            _failure = null;
        }
        catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
        {
            if (failure.Message != _failure)
                Failed(failure);
            _failure = failure.Message;
        }
    }

    private void Nudge()
    {
        try
        {
            _nudge.Release();
        }
        catch (SemaphoreFullException)
        {
            // A notification is already pending.
        }
    }

    [LoggerMessage(25, LogLevel.Error, "Live data cannot be read; it is tried again")]
    private partial void Failed(Exception failure);
}
