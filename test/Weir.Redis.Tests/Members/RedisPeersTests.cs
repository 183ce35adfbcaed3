using Weir.Testing;

namespace Weir.Redis.Tests.Members;

/// <summary>Instances that hear of each other by a Redis.</summary>
public sealed class RedisPeersTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

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

    private static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
            await Task.Delay(10, patience.Token);
    }

    private static async Task<T> Until<T>(Func<Task<T>> ask, Func<T, bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var answer = await ask();
            if (condition(answer))
                return answer;
            await Task.Delay(10, patience.Token);
        }
    }

    private static Task<Meeting?> Meet(RedisPeers peers, bool isReady = false) => Until(() => peers.MeetAsync(isReady).AsTask(), meeting => meeting is not null);

    [Fact]
    public async Task Instances_hear_of_each_other_and_of_one_that_leaves()
    {
        RedisPeers one = Join(), two = Join(), three = Join();
        await Until(() => one.Count == 3 && two.Count == 3 && three.Count == 3);
        await three.DisposeAsync();
        await Until(() => one.Count == 2 && two.Count == 2);
    }

    [Fact]
    public async Task Who_comes_back_awaits_the_others_until_they_follow()
    {
        RedisPeers one = Join(), two = Join();
        await Until(() => one.Count == 2 && two.Count == 2);
        one.Part();
        two.Part();
        Assert.Equal((1, 1, false), Numbers(await Meet(one)));
        Assert.Equal((1, 1, false), Numbers(await Meet(two)));
        Assert.Equal(1, await one.FollowAsync());
        // The one that follows is no longer awaited once it was heard of again.
        await Until(() => two.FollowAsync().AsTask(), absent => absent == 0);
        await Until(() => one.FollowAsync().AsTask(), absent => absent == 0);
    }

    [Fact]
    public async Task Who_never_left_is_awaited_no_longer_than_until_he_is_heard_of()
    {
        RedisPeers one = Join(), two = Join();
        await Until(() => one.Count == 2 && two.Count == 2);
        one.Part();
        Assert.Equal((1, 1, false), Numbers(await Meet(one)));
        await Until(() => one.FollowAsync().AsTask(), absent => absent == 0);
    }

    [Fact]
    public async Task A_Redis_that_lost_its_memory_is_noticed_by_each_until_it_has_told_what_it_knows()
    {
        var server = TestRedis.ProcessOf(_server);
        RedisPeers one = Join(), two = Join();
        await Until(() => one.Count == 2 && two.Count == 2);
        one.Part();
        two.Part();
        await server.RestartAsync();
        Assert.Equal((1, 1, true), Numbers(await Meet(one)));
        Assert.Equal((1, 1, true), Numbers(await Meet(two)));
        Assert.Equal((1, 1, true), Numbers(await Meet(one, isReady: true)));
        Assert.Equal((1, 0, true), Numbers(await Meet(two, isReady: true)));
        Assert.Equal((1, 0, false), Numbers(await Meet(one, isReady: true)));
    }

    [Fact]
    public async Task An_instance_that_has_parted_is_not_taken_for_one_that_follows()
    {
        RedisPeers one = Join(), two = Join();
        await Until(() => one.Count == 2 && two.Count == 2);
        two.Part();
        one.Part();
        await Meet(one);
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(1, await one.FollowAsync());
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static (int Absent, int Unready, bool IsForgetful) Numbers(Meeting? meeting) => (meeting!.Value.Absent, meeting.Value.Unready, meeting.Value.IsForgetful);
}
