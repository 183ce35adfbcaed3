namespace Weir.Server;

/// <summary>Restores the snapshot of embedded mode at startup. Saves a snapshot at intervals and on a stop.</summary>
internal sealed partial class SnapshotService(Stores stores, WeirOptions options, TimeProvider time, ILogger<SnapshotService> logger)
    : BackgroundService
{
    private readonly SnapshotFile _file = new(options.Memory.SnapshotPath!);
    private readonly Lock _writing = new();
    private volatile bool _hasBegun;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Restore before the first request, so that no restored bucket conflicts with a new one.
        var read = _file.Read(stores.Memory);
        if (read is { Fault: null })
            Restored(read.Buckets, read.Permits, read.Records, read.Dropped);
        else if (read is not null)
            Damaged(options.Memory.SnapshotPath!, read.Fault!, read.MovedTo!);
        _hasBegun = true;
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Save();
    }

    public void Save()
    {
        // If a stop signal comes before the restore, the empty store must not replace the snapshot.
        if (!_hasBegun)
            return;
        try
        {
            lock (_writing)
                _file.Write(stores.Memory);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Failed(options.Memory.SnapshotPath!, fault.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Memory.SnapshotSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Save();
    }

    [LoggerMessage(10, LogLevel.Information,
        "Restored from the snapshot: buckets {Buckets}, permits {Permits}, reservations and idempotency records "
            + "{Records}, without room {NoRoom}")]
    private partial void Restored(int buckets, int permits, int records, int noRoom);

    [LoggerMessage(11, LogLevel.Warning,
        "The snapshot {Path} is ignored: {Fault}. Every bucket begins as new; the damaged snapshot was moved to {MovedTo}")]
    private partial void Damaged(string path, string fault, string movedTo);

    [LoggerMessage(12, LogLevel.Error, "The snapshot {Path} cannot be written: {Fault}. It will be tried again")]
    private partial void Failed(string path, string fault);
}
