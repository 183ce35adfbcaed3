namespace Weir.Server;

/// <summary>Keeps the buckets of embedded mode over a restart: read at the start, written now and then and at the end.</summary>
internal sealed partial class SnapshotService(Stores stores, WeirOptions options, TimeProvider time, ILogger<SnapshotService> logger)
    : BackgroundService
{
    private readonly SnapshotFile _file = new(options.Memory.SnapshotPath!, time);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first request: a bucket that a request makes must not meet its older self.
        var read = _file.Read(stores.Memory);
        if (read is { Fault: null })
            Restored(read.Buckets, read.Dropped);
        else if (read is not null)
            Ignored(options.Memory.SnapshotPath!, read.Fault!);
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Write();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Memory.SnapshotSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Write();
    }

    private void Write()
    {
        try
        {
            _file.Write(stores.Memory);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Failed(options.Memory.SnapshotPath!, fault.Message);
        }
    }

    [LoggerMessage(10, LogLevel.Information, "{Buckets} buckets are back from the snapshot; {Dropped} found no room")]
    private partial void Restored(int buckets, int dropped);

    [LoggerMessage(11, LogLevel.Warning, "The snapshot {Path} is ignored: {Fault}. Every bucket begins as new, and the file will be written over")]
    private partial void Ignored(string path, string fault);

    [LoggerMessage(12, LogLevel.Error, "The snapshot {Path} cannot be written: {Fault}. It will be tried again")]
    private partial void Failed(string path, string fault);
}
