using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>
/// Several instances on one server, each with connections of its own: laws that hold for one connection only because it is one do not hold here.
/// </summary>
internal sealed class ParallelStores : IAsyncDisposable
{
    private const int Instances = 4;

    private readonly ITestRedis _server;
    private readonly RedisStore[] _stores;
    private readonly PartitionedStore[] _split;
    private int _turn;

    private ParallelStores(ITestRedis server, RedisStore[] stores) =>
        (_server, _stores, _split) = (server, stores, [.. stores.Select(store => new PartitionedStore(store, store, TimeProvider.System))]);

    /// <summary>The instance whose turn it is.</summary>
    public IBucketStore Next => _split[(uint)Interlocked.Increment(ref _turn) % Instances];

    /// <summary>Opens them, without leases. The server is then theirs to dispose.</summary>
    public static async Task<ParallelStores> OpenAsync(ITestRedis server, RedisOptions options)
    {
        (options.Endpoints, options.Deadline, options.LeaseHorizon) = (server.Endpoint, Until.Patience, TimeSpan.Zero);
        var stores = Enumerable.Range(0, Instances).Select(_ => new RedisStore(options, TimeProvider.System)).ToArray();
        foreach (var store in stores)
            Assert.True(await store.WaitUntilConnectedAsync(Until.Patience), store.LastError);
        return new ParallelStores(server, stores);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        await _server.DisposeAsync();
    }
}
