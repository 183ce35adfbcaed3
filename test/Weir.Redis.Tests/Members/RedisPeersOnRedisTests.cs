using Weir.Testing;

namespace Weir.Redis.Tests.Members;

/// <summary>Instances that hear of each other by a real Redis. When they do is a matter of virtual time: <see cref="RedisPeersTests"/>.</summary>
public sealed class RedisPeersOnRedisTests : IAsyncLifetime
{
    private const string Members = "weir:{~0}:members";

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
    private static async Task<Membership> ReportAsync(RedisPeers peers, bool isReady = false)
    {
        Membership? meeting = null;
        await Until.TrueAsync(async () => (meeting = await peers.ReportAsync(isReady)) is not null, () => "Redis was not met");
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
        Assert.False((await ReportAsync(one)).IsForgetful);
        Assert.False((await ReportAsync(two)).IsForgetful);

        foreach (var peers in (RedisPeers[])[one, two, one])
            await Until.TrueAsync(async () => await peers.FollowAsync() == 0, () => "somebody is awaited on");
    }

    [Theory]
    [InlineData("HSET", "1", "x")]
    [InlineData("HSET", "1", "")]
    [InlineData("HSET", "no number", "0123456789abcdef")]
    [InlineData("HSET", "1e400", "0123456789abcdef")]
    [InlineData("HSET", "life", "x")]
    [InlineData("HSET", "life", "1e400")]
    [InlineData("HSET", "returned", "")]
    [InlineData("HSET", "returned", "-1")]
    [InlineData("SET", "x")]
    public async Task What_no_instance_has_written_among_the_members_is_deleted_and_stops_no_heartbeat(string command, params string[] words)
    {
        RedisPeers one = Join(), two = Join();
        await UntilAllKnowAsync(2);
        await _server.CommandAsync("DEL", Members);

        await _server.CommandAsync([command, Members, .. words]);

        await Until.TrueAsync(async () => await one.FollowAsync() is not null, () => "no heartbeat is answered");
        await Until.TrueAsync(async () => (await _server.CommandAsync("HLEN", Members)) == "4", () => "a field is there still");
        Assert.Equal((2, 2), (one.Count, two.Count));
    }

    [Theory]
    [InlineData("0/0", "1")]
    [InlineData("1/0", "1")]
    [InlineData("-1", "1")]
    [InlineData("1e18", "1")]
    [InlineData("1", "0/0")]
    [InlineData("1", "7")]
    [InlineData("1", "0.5")]
    public async Task Numbers_that_no_instance_has_are_deleted(string heardUs, string phase)
    {
        Join();
        await UntilAllKnowAsync(1);
        await _server.CommandAsync("EVAL", $"return redis.call('HSET', KEYS[1], '7', struct.pack('<dd', {heardUs}, {phase}))", "1", Members);

        await Until.TrueAsync(async () => (await _server.CommandAsync("HEXISTS", Members, "7")) == "0", () => "it is there still");
    }

    [Fact]
    public async Task L7_A_Redis_that_lost_its_memory_is_taken_for_one_until_all_have_told_it_what_they_know()
    {
        var server = TestRedis.ProcessOf(_server);
        RedisPeers one = Join(), two = Join();
        await UntilAllKnowAsync(2);
        one.Part();
        two.Part();

        await server.RestartAsync();

        foreach (var (peers, isReady, isForgetful) in ((RedisPeers, bool, bool)[])
            [(one, false, true), (two, false, true), (one, true, true), (two, true, true), (one, true, true), (two, true, true), (one, true, false), (two, true, false)])
            Assert.Equal(isForgetful, (await ReportAsync(peers, isReady)).IsForgetful);
    }
}
