using System.Text;
using StackExchange.Redis;
using Weir.Testing;

namespace Weir.Redis.Tests.Versions;

/// <summary>This version and an earlier one share a Redis during a rolling upgrade, in both directions.</summary>
public sealed class BesidePreviousTests : IAsyncLifetime
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromDays(1), 10);

    private static readonly byte[] Name = "per-key"u8.ToArray();

    private ITestRedis _server = null!;
    private ConnectionMultiplexer _connection = null!;
    private RedisStore _store = null!;
    private PreviousInstance _previous = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestRedis.StartAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(_server.Endpoint);
        _previous = new PreviousInstance(_connection.GetDatabase());
        var options = new RedisOptions { Endpoints = _server.Endpoint, Deadline = Until.Patience };
        _store = new RedisStore(options, TimeProvider.System);
        Assert.True(await _store.WaitUntilConnectedAsync(Until.Patience), _store.LastError);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static LimitSet Request(long cost) => Some.Request("k", cost, "acme", Slow);

    private static BucketCommand Take(long cost, uint id, TimeSpan open = default) =>
        new(Request(cost), BucketOperation.Take)
        {
            RecordKey = new RecordKey(id, 7) { IsBounded = true, Open = open, Text = Name },
        };

    private static BucketCommand Settle(long cost, uint id) => new(Request(cost), BucketOperation.Charge)
    {
        RecordKey = new RecordKey(id, 8) { IsBounded = true, Settles = true, Text = Name },
    };

    private async Task<long> LeftAsync() => await _store.CheckAsync(Request(0)) is var look
        ? Slow.TokensLeft(look.State, look.Time) : 0;

    [Fact]
    public async Task L1_both_take_from_the_same_buckets()
    {
        int allowed = 0;
        for (int i = 0; i < 10; i++)
        {
            var take = new BucketCommand(Request(1), BucketOperation.Take);
            allowed += (await _store.AskAsync(take)).Outcome == BucketOutcome.Allowed ? 1 : 0;
            allowed += (await _previous.AskAsync(take)).Outcome == BucketOutcome.Allowed ? 1 : 0;
        }

        Assert.Equal(10, allowed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_under_an_idempotency_key_is_done_once_by_both_together(bool isPreviousFirst)
    {
        for (int i = 0; i < 4; i++)
        {
            bool isPrevious = isPreviousFirst == (i % 2 == 0);
            var answer = isPrevious ? await _previous.AskAsync(Take(3, 1)) : await _store.AskAsync(Take(3, 1));
            Assert.Equal((StoreFault.None, i > 0), (answer.Fault, answer.IsRemembered));
        }

        Assert.Equal(7, await LeftAsync());
        Assert.Equal("per-key", Encoding.UTF8.GetString((await _store.RecallAsync("acme", 1)).Kept!.Text));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reservation_of_one_version_is_settled_once_by_the_other(bool isPreviousFirst)
    {
        var reserve = Take(8, 1, TimeSpan.FromMinutes(5));
        var reserved = isPreviousFirst ? await _previous.AskAsync(reserve) : await _store.AskAsync(reserve);
        Assert.Equal(BucketOutcome.Allowed, reserved.Outcome);
        for (int i = 0; i < 4; i++)
        {
            bool isPrevious = isPreviousFirst == (i % 2 == 1);
            var settled = isPrevious ? await _previous.AskAsync(Settle(-5, 1)) : await _store.AskAsync(Settle(-5, 1));
            Assert.Equal((StoreFault.None, i > 0), (settled.Fault, settled.IsRemembered));
        }

        Assert.Equal(7, await LeftAsync());
    }

    [Fact]
    public async Task L7_each_version_counts_the_instances_of_the_other()
    {
        await using var peers = new RedisPeers(_store, TimeProvider.System);
        await Until.TrueAsync(
            async () => (await _previous.SendHeartbeatAsync(4_711)).Length == 2 && peers.Count == 2,
            () => $"this version counts {peers.Count} instances");
        Assert.Contains(4_711L, await _previous.SendHeartbeatAsync(4_711));
        // What an earlier version does not say is not compared.
        Assert.Empty(_store.Differences);
        Assert.True(_store.Fleet.At(0).MayLease);
    }

    [Fact]
    public async Task L7_an_instance_of_a_later_version_that_appends_to_its_heartbeat_is_counted_and_left_alone()
    {
        await using var peers = new RedisPeers(_store, TimeProvider.System);
        const string Beat =
            "local t = redis.call('TIME') "
            + "return redis.call('HSET', KEYS[1], '4711', struct.pack('<dddd', t[1] * 1000000 + t[2], 1, 0, 99))";
        await Until.TrueAsync(
            async () =>
            {
                await _server.CommandAsync("EVAL", Beat, "1", "weir:{~0}:members");
                return peers.Count == 2;
            },
            () => $"it counts {peers.Count} instances");
        Assert.Equal("32", await _server.CommandAsync("HSTRLEN", "weir:{~0}:members", "4711"));
    }

    [Theory]
    [InlineData("weir:{acme}:per-key:k", "string.rep('\\0', 29)")]
    [InlineData("weir:{acme}:per-key:k", "'\\2' .. string.rep('\\0', 40)")]
    [InlineData("weir:{acme}:~memo:00000000000000000000000000000001", "'\\3' .. string.rep('\\0', 200)")]
    [InlineData("weir:{acme}:~answers", "'\\2' .. string.rep('\\0', 32)")]
    public async Task A_value_of_a_later_version_is_refused_and_left_alone(string key, string value)
    {
        await _server.CommandAsync("EVAL", $"return redis.call('SET', KEYS[1], {value})", "1", key);
        const string Digest = "return redis.sha1hex(redis.call('GET', KEYS[1]))";
        string before = await _server.CommandAsync("EVAL", Digest, "1", key);

        Assert.Equal(StoreFault.Damaged, (await _store.AskAsync(Take(1, 1))).Fault);
        Assert.Equal(StoreFault.Damaged, (await _store.AskAsync(Take(1, 1, TimeSpan.FromMinutes(1)))).Fault);

        Assert.Equal(before, await _server.CommandAsync("EVAL", Digest, "1", key));
    }
}
