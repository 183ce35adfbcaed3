namespace Weir.Server;

/// <summary>Reads live data on a message, and twice a second in case one is lost. Deletes ended entries.</summary>
internal sealed partial class LiveDataService(LiveData live, ILogger<LiveDataService> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Ended entries stay this long, since the clock of another instance may be behind.</summary>
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

    /// <summary>An unexpected error must not end this service, and with it the host.</summary>
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
            // Nudged already.
        }
    }

    [LoggerMessage(25, LogLevel.Error, "Live data cannot be read; it is tried again")]
    private partial void Failed(Exception failure);
}
