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
    private readonly SettledStore[] _settled;
    private int _turn;

    private ParallelStores(ITestRedis server, RedisStore[] stores) =>
        (_server, _stores, _settled) = (server, stores, [.. stores.Select(store => new SettledStore(store))]);

    /// <summary>The instance whose turn it is.</summary>
    public IBucketStore Next => _settled[(uint)Interlocked.Increment(ref _turn) % Instances];

    /// <summary>True on Garnet, which also stands in where no redis-server is.</summary>
    public bool IsOnGarnet => _server is GarnetServer;

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

    /// <summary>
    /// Splits commands on a cluster, and returns each result when all that was to be given back is: across slots, a refusal
    /// changes nothing only then.
    /// </summary>
    private sealed class SettledStore(RedisStore redis) : IBucketStore
    {
        private readonly PartitionedStore _split = new(redis, redis, TimeProvider.System);

        public DecisionSource Source => _split.Source;

        public PendingResult? Execute(in BucketCommand command, out BucketResult result) => PendingResult.Of(command, SettleAsync(command), out result);

        public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
            _split.RecallAsync(tenant, id, cancellation);

        private async ValueTask<BucketResult> SettleAsync(BucketCommand command)
        {
            var result = await _split.AskAsync(command);
            while (redis.LateUndoing > 0)
                await Task.Yield();
            return result;
        }
    }
}
