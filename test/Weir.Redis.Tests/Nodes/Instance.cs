using Weir.Testing;

namespace Weir.Redis.Tests.Nodes;

/// <summary>All of an instance that speaks to Redis: decisions, heartbeats and live data.</summary>
internal sealed class Instance : IAsyncDisposable
{
    public Instance(RedisOptions options)
    {
        Store = new RedisStore(options, TimeProvider.System);
        Peers = new RedisPeers(Store, TimeProvider.System);
        Live = new RedisLiveStore(options, Store.Connection, TimeProvider.System);
    }

    public RedisStore Store { get; }

    public RedisPeers Peers { get; }

    public RedisLiveStore Live { get; }

    /// <summary>Waits until Redis decides, has a heartbeat and takes a change of live data.</summary>
    public async Task UntilAllIsThereAsync()
    {
        await UntilDecidesAsync();
        await UntilHeardOfAsync();
        await UntilChangedAsync();
    }

    public Task UntilDecidesAsync() => Until.TrueAsync(
        async () => (await Store.TakeAsync(Some.Request())).Fault == StoreFault.None, () => Store.LastError ?? "no answer");

    /// <summary>Another Redis has another memory: as after an outage, it is met before it is followed.</summary>
    public Task UntilHeardOfAsync() => Until.TrueAsync(
        async () =>
        {
            if (await Peers.FollowAsync() is not null)
                return true;
            await Peers.ReportAsync(isReady: false);
            await Peers.ReportAsync(isReady: true);
            return false;
        },
        () => "no heartbeat");

    public Task UntilChangedAsync() => Until.TrueAsync(
        async () =>
        {
            if (await Live.ReadAsync(LiveVersion.Unknown) is not { } read)
                return false;
            if (read.Loss is not null)
                await Live.AcceptLossAsync();
            return (await Live.WriteAsync("tenant", "acme", "text", "test", null, read.Version)).Outcome == LiveOutcome.Written;
        },
        () => Live.Fault ?? "no live data");

    public async ValueTask DisposeAsync()
    {
        await Peers.DisposeAsync();
        await Store.DisposeAsync();
    }
}
