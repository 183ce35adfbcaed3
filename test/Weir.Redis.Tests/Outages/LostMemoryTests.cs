using Weir.Testing;

namespace Weir.Redis.Tests.Outages;

/// <summary>Instances over a real Redis that is killed and starts empty.</summary>
public sealed class LostMemoryTests : IAsyncLifetime
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 1_000);

    private readonly List<Instance> _instances = [];
    private RedisServer _server = null!;

    private sealed record Instance(RedisStore Redis, RedisPeers Peers, FailoverStore Store);

    public async ValueTask InitializeAsync() => _server = await TestRedis.StartProcessAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var (redis, peers, store) in _instances)
        {
            await store.DisposeAsync();
            await peers.DisposeAsync();
            await redis.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    private async Task JoinAsync(int count)
    {
        // Long, so that no take is late on a busy machine: this is about outages.
        var options = new RedisOptions { Endpoints = _server.Endpoint, Deadline = TimeSpan.FromSeconds(2) };
        for (int i = 0; i < count; i++)
        {
            var redis = new RedisStore(options, TimeProvider.System);
            var peers = new RedisPeers(redis, TimeProvider.System);
            _instances.Add(new Instance(redis, peers, new FailoverStore(redis, Some.Memory(TimeProvider.System), new BreakerOptions(), TimeProvider.System, peers)));
            Assert.True(await redis.WaitUntilConnectedAsync(Until.Patience));
        }

        await Until.TrueAsync(() => _instances.TrueForAll(instance => instance.Peers.Count == count), () => "some are not heard of");
    }

    private static LimitSet Request(string key, long cost) => Some.Request(key, cost, quota: Slow);

    private async Task<long> TakeAsync(string key, int times)
    {
        long spent = 0;
        for (int i = 0; i < times; i++)
        {
            foreach (var instance in _instances)
            {
                long cost = 1 + ((i + _instances.IndexOf(instance)) % 4);
                Assert.Equal(BucketOutcome.Allowed, (await instance.Store.TakeAsync(Request(key, cost))).Outcome);
                spent += cost;
            }

            // So that a breaker may open, if there are requests enough.
            await Task.Delay(15);
        }

        return spent;
    }

    private async Task LoseMemoryAsync(Func<Task> meanwhile)
    {
        await Until.TrueAsync(() => _instances.TrueForAll(instance => instance.Store.Owing == 0 && instance.Redis.LateUndoing == 0), () => "not settled before");
        _server.Kill();
        await meanwhile();
        // All have missed a heartbeat.
        await Until.TrueAsync(() => _instances.TrueForAll(instance => instance.Peers.IsInDoubt), () => "somebody has not noticed");
        await _server.RestartAsync();
        await Until.TrueAsync(
            () => _instances.TrueForAll(instance => instance is { Store: { State: BreakerState.Closed, Owing: 0, Outage: null }, Peers.IsInDoubt: false }),
            () => string.Join(' ', _instances.Select(instance => $"{instance.Store.State} {instance.Store.Owing} {instance.Peers.IsInDoubt}")));
    }

    private async Task<double> HeldAsync(string key)
    {
        var answer = await _instances[0].Redis.CheckAsync(Request(key, 0));
        Assert.Equal(StoreFault.None, answer.Fault);
        return HeldIn(answer);
    }

    /// <summary>One request an instance opens no breaker; twelve do.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 12)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(3, 12)]
    public async Task L7_Of_spending_around_an_outage_that_empties_Redis_no_token_is_swallowed_and_none_charged_twice(int before, int during)
    {
        await JoinAsync(3);
        long spent = await TakeAsync("once", before);
        await LoseMemoryAsync(async () => spent += await TakeAsync("once", during));
        Assert.InRange(await HeldAsync("once"), spent - 0.1, spent + 0.001);

        // Nobody has asked for it since: what is known of it is known from the settlement.
        await LoseMemoryAsync(async () => await TakeAsync("another", during));
        Assert.InRange(await HeldAsync("once"), spent - 0.1, spent + 0.001);
    }

    /// <summary>A supervisor starts a Redis that died within a tenth of a second, and nobody need have asked meanwhile.</summary>
    [Fact]
    public async Task L7_A_Redis_that_starts_again_empty_at_once_is_told_what_was_spent()
    {
        await JoinAsync(2);
        long spent = await TakeAsync("quick", 2);
        await _server.RestartAsync();

        double held = 0;
        await Until.TrueAsync(async () => (held = await TryHeldAsync("quick")) >= spent - 0.1, () => $"Redis holds {held} of {spent}");
        Assert.InRange(held, spent - 0.1, spent + 0.001);
    }

    private async Task<double> TryHeldAsync(string key)
    {
        var answer = await _instances[0].Redis.CheckAsync(Request(key, 0));
        return answer.Fault == StoreFault.None ? HeldIn(answer) : 0;
    }

    private static double HeldIn(in BucketResult answer) =>
        TokenBucket.SpentAt(Slow.Rate, answer.State, answer.NowUs) / (double)Slow.Rate.UnitsPerToken;
}
