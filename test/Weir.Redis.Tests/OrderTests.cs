using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>A tenant's decisions reach Redis in the order in which they were asked for, in however many calls and whoever else asks.</summary>
public sealed class OrderTests
{
    private const int Rounds = 20;
    private const int Tenants = 3;
    private const int Decisions = 5 * Batcher.MaxBatch;

    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromMinutes(1), 1_000_000);

    [Fact]
    public async Task Each_take_of_a_bucket_sees_what_those_before_it_have_spent()
    {
        await using var server = await TestRedis.StartAsync();
        await using var store = new RedisStore(new RedisOptions { Endpoints = server.Endpoint, Deadline = TimeSpan.FromSeconds(10), LeaseHorizon = TimeSpan.Zero }, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));

        for (int round = 0; round < Rounds; round++)
        {
            string key = $"key{round}";
            var asked = Enumerable.Range(0, Decisions)
                .Select(i => store.TakeAsync(Some.Request(key, tenant: $"tenant{i % Tenants}", quota: Slow)).AsTask()).ToArray();
            var answers = await Task.WhenAll(asked);

            Assert.DoesNotContain(answers, answer => answer.Fault != StoreFault.None);
            for (int tenant = 0; tenant < Tenants; tenant++)
            {
                var spent = answers.Where((_, i) => i % Tenants == tenant).Select(answer => answer.State.Spent).ToArray();
                Assert.Equal(spent.Order(), spent);
            }
        }
    }

    [Fact]
    public async Task L9_A_lone_decision_behind_thousands_of_another_tenant_leaves_with_the_next_call()
    {
        await using var server = await TestRedis.StartProcessAsync();
        await using var store = new RedisStore(new RedisOptions { Endpoints = server.Endpoint, Deadline = TimeSpan.FromMinutes(1), LeaseHorizon = TimeSpan.Zero }, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        Assert.Equal(StoreFault.None, (await store.TakeAsync(Some.Request(), TestContext.Current.CancellationToken)).Fault);
        server.Pause();
        var flood = Enumerable.Range(0, 20 * Batcher.MaxBatch)
            .Select(_ => store.TakeAsync(Some.Request(tenant: "flood", quota: Slow), CancellationToken.None).AsTask()).ToArray();
        var quiet = store.TakeAsync(Some.Request(tenant: "quiet"), CancellationToken.None).AsTask();
        server.Resume();

        var answers = await Task.WhenAll(flood).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var lone = await quiet;

        Assert.Equal(StoreFault.None, lone.Fault);
        // One small call and a full one were on their way before.
        Assert.InRange(answers.Count(answer => answer.NowUs < lone.NowUs), 0, 2 * Batcher.MaxBatch);
    }
}
