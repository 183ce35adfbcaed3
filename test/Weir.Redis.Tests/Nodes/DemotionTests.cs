using System.Diagnostics;
using Weir.Redis.Tests.Wire;
using Weir.Testing;

namespace Weir.Redis.Tests.Nodes;

/// <summary>
/// A master that becomes a replica and keeps its connections is left for the new master behind its address, by
/// decisions, heartbeats and live data alike.
/// </summary>
public sealed class DemotionTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(2);

    private const int Rounds = 10;

    [Fact]
    public Task L6_Decisions_are_back_on_Redis_within_two_seconds() => AssertBackInTimeAsync((redis, _) => redis.UntilDecidesAsync());

    [Fact]
    public Task Heartbeats_are_back_within_two_seconds_though_nobody_asks_for_a_decision() =>
        AssertBackInTimeAsync((_, master) => Until.TrueAsync(
            async () => await master.CommandAsync("EXISTS", "weir:{~0}:members") == "1", () => "the new master has no heartbeat"));

    [Fact]
    public Task Live_data_is_back_within_two_seconds_though_nobody_asks_for_a_decision() =>
        AssertBackInTimeAsync((redis, _) => redis.UntilChangedAsync());

    [Fact]
    public async Task An_address_that_still_leads_to_the_replica_is_tried_until_it_leads_to_the_master()
    {
        await using var first = await TestRedis.StartProcessAsync();
        await using var second = await TestRedis.StartProcessAsync();
        await using var address = await MovableAddress.StartAsync(first.Port);
        await using var redis = new Instance(new RedisOptions { Endpoints = address.Endpoint });
        await redis.UntilAllIsThereAsync();

        await DemoteAsync(first, second);
        await Until.TrueAsync(async () => await redis.Peers.FollowAsync() is null, () => "the replica took heartbeats");
        await Until.TrueAsync(
            async () =>
            {
                Assert.NotEqual(StoreFault.None, (await redis.Store.TakeAsync(Some.Request())).Fault);
                return redis.Store.Problems.Any(problem => problem.Kind == "role");
            },
            () => redis.Store.LastError ?? "the replica was not noticed");
        address.MoveTo(second.Port);

        await redis.UntilAllIsThereAsync();
        await Until.TrueAsync(() => redis.Store.Problems.Count == 0, () => "the problem is there still");
    }

    [Fact]
    public async Task An_idle_connection_to_a_master_that_nobody_demoted_is_left_when_the_address_leads_to_another_one()
    {
        await using var first = await TestRedis.StartProcessAsync();
        await using var second = await TestRedis.StartProcessAsync();
        await using var address = await MovableAddress.StartAsync(first.Port);
        await using var redis = new Instance(new RedisOptions { Endpoints = address.Endpoint });
        await redis.UntilAllIsThereAsync();

        // One connection learns of it, and all others are told.
        address.MoveTo(second.Port);
        await first.CommandAsync("CLIENT", "KILL", "TYPE", "pubsub");

        await Until.TrueAsync(
            async () => !(await first.CommandAsync("CLIENT", "LIST")).Contains("name=weir", StringComparison.Ordinal),
            () => "there is a connection to the old master");
        await redis.UntilAllIsThereAsync();
    }

    /// <summary>On a busy machine a round may take longer; without the mechanism, none ends at all.</summary>
    private async Task AssertBackInTimeAsync(Func<Instance, RedisServer, Task> untilBack)
    {
        await using var first = await TestRedis.StartProcessAsync();
        await using var second = await TestRedis.StartProcessAsync();
        await using var address = await MovableAddress.StartAsync(first.Port);
        await using var redis = new Instance(new RedisOptions { Endpoints = address.Endpoint });
        await redis.UntilAllIsThereAsync();

        var (from, to) = (first, second);
        for (int round = 1; ; round++)
        {
            await DemoteAsync(from, to);
            await to.CommandAsync("FLUSHALL");
            address.MoveTo(to.Port);
            long began = Stopwatch.GetTimestamp();
            await untilBack(redis, to);
            var took = Stopwatch.GetElapsedTime(began);
            Assert.NotEqual("0", await to.CommandAsync("DBSIZE"));
            output.WriteLine($"round {round}: back after {took.TotalMilliseconds:0} ms");
            if (took <= Promised)
                return;
            Assert.True(round < Rounds, $"{Rounds} times it took longer than {Promised.TotalSeconds} s");
            await redis.UntilAllIsThereAsync();
            (from, to) = (to, from);
        }
    }

    private static async Task DemoteAsync(RedisServer from, RedisServer to)
    {
        await to.CommandAsync("REPLICAOF", "NO", "ONE");
        await from.CommandAsync("REPLICAOF", "127.0.0.1", to.Port.ToString(null, null));
    }
}
