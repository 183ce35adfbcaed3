using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Redis.Tests;

public sealed class StoreLawsOnMemory : StoreLaws
{
    private readonly FakeTimeProvider _time = Some.Clock();

    public StoreLawsOnMemory() => Store = Some.Memory(_time, maxKeys: 100_000);

    protected override IBucketStore Store { get; }

    protected override Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }
}

public sealed class StoreLawsOnRedis(StoreOnRedis shared) : StoreLawsOnAServer(shared), IClassFixture<StoreOnRedis>
{
    protected override int Iterations => 50;
}

public sealed class StoreLawsOnACluster(StoreOnACluster shared) : StoreLawsOnAServer(shared), IClassFixture<StoreOnACluster>
{
    protected override int Iterations => 10;
}

/// <summary>As the user that may do nothing but what Weir does.</summary>
public sealed class StoreLawsAsTheLeastUser(StoreOfTheLeastUser shared) : StoreLawsOnAServer(shared), IClassFixture<StoreOfTheLeastUser>
{
    protected override int Iterations => 10;
}

/// <summary>The stand-in is tested too, so that those who have no redis-server test the same laws.</summary>
public sealed class StoreLawsOnGarnet(StoreOnGarnet shared) : StoreLawsOnAServer(shared), IClassFixture<StoreOnGarnet>
{
    protected override int Iterations => 10;
}

public sealed class StoreOnRedis() : StoreOnAServer(TestRedis.StartAsync);

public sealed class StoreOnACluster() : StoreOnAServer(async () => await OneNodeCluster.StartAsync());

public sealed class StoreOnGarnet() : StoreOnAServer(async () => await GarnetServer.StartAsync());

public sealed class StoreOfTheLeastUser() : StoreOnAServer(
    async () =>
    {
        var server = await TestRedis.StartProcessAsync();
        await server.CommandAsync(LeastUser.Command);
        return server;
    },
    new RedisOptions { User = LeastUser.Name, Password = LeastUser.Password });

public abstract class StoreLawsOnAServer(StoreOnAServer shared) : StoreLaws
{
    private readonly ParallelStores _stores = shared.Stores;

    protected override IBucketStore Store => _stores.Next;

    /// <summary>Garnet's clock goes on during a script, so that a bucket may expire between TIME and GET.</summary>
    protected override long ForgetsEarlyUs => _stores.IsOnGarnet ? 1_000_000 : 0;

    /// <summary>Waits until the store's own clock says so; every answer carries it.</summary>
    protected override async Task PassAsync(TimeSpan time)
    {
        var clock = Some.Request("clock", cost: 0);
        long until = (await Store.CheckAsync(clock)).NowUs + (time.Ticks / TimeSpan.TicksPerMicrosecond);
        while ((await Store.CheckAsync(clock)).NowUs < until)
            await Task.Yield();
    }
}

/// <summary>A server and stores on it for all tests of a class; they stay apart by using fresh keys.</summary>
public abstract class StoreOnAServer(Func<Task<ITestRedis>> start, RedisOptions? options = null) : IAsyncLifetime
{
    private readonly SharedServer<ParallelStores> _shared = new(async () => await ParallelStores.OpenAsync(await start(), options ?? new RedisOptions()));

    internal ParallelStores Stores => _shared.Server;

    public ValueTask InitializeAsync() => _shared.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _shared.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
