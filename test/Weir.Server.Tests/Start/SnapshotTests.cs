using Microsoft.Extensions.Logging.Abstractions;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Start;

public sealed class SnapshotTests : IDisposable
{
    private readonly PolicyFile _policies = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("weir-test-");

    private string SnapshotPath => Path.Combine(_folder.FullName, "buckets.snapshot");

    [Fact]
    public async Task L11_What_was_spent_stays_spent_over_a_restart()
    {
        await using (var server = await StartAsync())
            await server.Http.TakeAsync("k", 7, "slow");

        await using var restarted = await StartAsync();

        Assert.Equal(3, await restarted.Http.RemainingAsync("k", "slow"));
        Assert.Equal(10, await restarted.Http.RemainingAsync("k", "sloth"));
        Assert.Equal(1, restarted.Log.Count(
            "Restored from the snapshot: buckets 1, permits 0, reservations and idempotency records 0, without room "
                + "0"));
    }

    [Fact]
    public async Task A_torn_snapshot_is_reported_and_ignored_and_written_anew()
    {
        await using (var server = await StartAsync())
            await server.Http.TakeAsync("k", 7, "slow");
        File.WriteAllBytes(SnapshotPath, File.ReadAllBytes(SnapshotPath)[..^20]);

        await using (var restarted = await StartAsync())
        {
            Assert.Equal(1, restarted.Log.Count($"The snapshot {SnapshotPath} is ignored: "));
            Assert.Equal(1, restarted.Log.Count($"was moved to {SnapshotPath}.damaged"));
            Assert.Equal(10, await restarted.Http.RemainingAsync("k", "slow"));
            await restarted.Http.TakeAsync("k", 2, "slow");
        }

        await using var again = await StartAsync();
        Assert.Equal(0, again.Log.Count("is ignored"));
        Assert.Equal(8, await again.Http.RemainingAsync("k", "slow"));
    }

    [Fact]
    public async Task A_snapshot_is_also_written_while_the_server_runs()
    {
        await using var server = await RunningServer.StartAsync(_policies.Setting, $"Weir:Memory:SnapshotPath={SnapshotPath}", "Weir:Memory:SnapshotSeconds=1");

        await Until.TrueAsync(() => File.Exists(SnapshotPath), () => "there is no snapshot yet");
    }

    [Fact]
    public async Task A_folder_is_no_place_for_a_snapshot()
    {
        var refused = await Assert.ThrowsAsync<SettingsException>(() => RunningServer.StartAsync($"Weir:Memory:SnapshotPath={_folder.FullName}"));

        Assert.Equal($"Weir:Memory:SnapshotPath: \"{_folder.FullName}\" is a folder; name a file in it",
            refused.Message);
    }

    /// <summary>A signal may come while the service starts.</summary>
    [Fact]
    public async Task One_that_was_not_read_is_not_written_over()
    {
        File.WriteAllText(SnapshotPath, "what was before");
        var options = new WeirOptions();
        options.Memory.SnapshotPath = SnapshotPath;
        await using var stores = new Stores(options, TimeProvider.System);
        using var service = new SnapshotService(stores, options, TimeProvider.System, NullLogger<SnapshotService>.Instance);

        service.Save();
        await service.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal("what was before", File.ReadAllText(SnapshotPath));
    }

    public void Dispose()
    {
        _policies.Dispose();
        _folder.Delete(recursive: true);
    }

    private Task<RunningServer> StartAsync() => RunningServer.StartAsync(_policies.Setting, $"Weir:Memory:SnapshotPath={SnapshotPath}");
}
