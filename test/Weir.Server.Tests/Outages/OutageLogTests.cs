using Microsoft.Extensions.Logging;
using Weir.Redis;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Outages;

/// <summary>An outage may begin before the service is built: heartbeats begin at once, and a busy machine is slow.</summary>
public sealed class OutageLogTests
{
    [Fact]
    public async Task L6_an_outage_that_is_under_way_when_the_log_begins_is_logged_once_and_counted()
    {
        await using var redis = new RedisStore(new RedisOptions { Endpoints = "127.0.0.1:1" }, TimeProvider.System);
        var memory = new MemoryStore(new MemoryStoreOptions { MaxKeys = MemoryStoreOptions.LeastKeys }, TimeProvider.System);
        await using var store = new ShardedFailover(redis, redis, memory, new BreakerOptions(), TimeProvider.System);
        await store.ProbeAsync(cancellation: TestContext.Current.CancellationToken);
        Assert.Single(store.Outages);

        using var lines = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(lines));
        var log = new OutageLog(loggers.CreateLogger<OutageLog>(), TimeProvider.System);
        log.Follow(store, redis);
        log.Follow(store, redis);

        Assert.Equal(1, lines.Count("Redis does not answer"));
        Assert.Equal(1, store.OutagesBegun);
    }
}
