using Weir.Testing;

namespace Weir.Redis.Tests.Members;

/// <summary>Instances that hear of each other by a real Redis. When they do is a matter of virtual time: <see cref="RedisPeersTests"/>.</summary>
public sealed class RedisPeersOnRedisTests : IAsyncLifetime
{
    private ITestRedis _server = null!;
    private readonly List<(RedisStore Store, RedisPeers Peers)> _instances = [];

    public async ValueTask InitializeAsync() => _server = await TestRedis.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var (store, peers) in _instances)
        {
            await peers.DisposeAsync();
            await store.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    private RedisPeers Join()
    {
        var store = new RedisStore(new RedisOptions { Endpoints = _server.Endpoint }, TimeProvider.System);
        var peers = new RedisPeers(store, TimeProvider.System);
        _instances.Add((store, peers));
        return peers;
    }

    private Task UntilAllKnowAsync(int count) => Until.TrueAsync(
        () => _instances.TakeLast(count).All(instance => instance.Peers.Count == count),
        () => string.Join(' ', _instances.Select(instance => instance.Peers.Count)));

    /// <summary>Meets Redis, which may be late.</summary>
    private static async Task<Meeting> MeetAsync(RedisPeers peers, bool isReady = false)
    {
        Meeting? meeting = null;
        await Until.TrueAsync(async () => (meeting = await peers.MeetAsync(isReady)) is not null, () => "Redis was not met");
        return meeting!.Value;
    }

    [Fact]
    public async Task Instances_hear_of_each_other_and_of_one_that_leaves()
    {
        RedisPeers leaving = Join();
        Join();
        Join();
        await UntilAllKnowAsync(3);

        await leaving.DisposeAsync();

        await UntilAllKnowAsync(2);
    }

    [Fact]
    public async Task Instances_that_come_back_follow_in_the_end()
    {
        RedisPeers one = Join(), two = Join();
        await UntilAllKnowAsync(2);
        one.Part();
        two.Part();
        Assert.False((await MeetAsync(one)).IsForgetful);
        Assert.False((await MeetAsync(two)).IsForgetful);

        foreach (var peers in (RedisPeers[])[one, two, one])
            await Until.TrueAsync(async () => await peers.FollowAsync() == 0, () => "somebody is awaited on");
    }

    [Fact]
    public async Task A_Redis_that_lost_its_memory_is_noticed_by_each_until_it_has_told_what_it_knows()
    {
        var server = TestRedis.ProcessOf(_server);
        RedisPeers one = Join(), two = Join();
        await UntilAllKnowAsync(2);
        one.Part();
        two.Part();

        await server.RestartAsync();

        foreach (var (peers, isReady, isForgetful) in ((RedisPeers, bool, bool)[])
            [(one, false, true), (two, false, true), (one, true, true), (two, true, true), (one, true, false), (two, true, false)])
            Assert.Equal(isForgetful, (await MeetAsync(peers, isReady)).IsForgetful);
    }
}
