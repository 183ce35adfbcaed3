using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>Decisions reach Redis in the order in which they were asked for, in however many calls.</summary>
public sealed class OrderTests
{
    private const int Rounds = 20;
    private const int Decisions = 5 * TakeBatcher.MaxBatch;

    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromMinutes(1), 1_000_000);

    [Fact]
    public async Task Each_take_of_a_bucket_sees_what_those_before_it_have_spent()
    {
        await using var server = await TestRedis.StartAsync();
        await using var store = new RedisStore(new RedisOptions { Endpoints = server.Endpoint, Deadline = TimeSpan.FromSeconds(10) }, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));

        for (int round = 0; round < Rounds; round++)
        {
            string key = $"key{round}";
            var asked = Enumerable.Range(0, Decisions).Select(_ => store.TakeAsync(Some.Request(key, quota: Slow)).AsTask()).ToArray();
            var answers = await Task.WhenAll(asked);

            Assert.DoesNotContain(answers, answer => answer.Fault != StoreFault.None);
            Assert.Equal(answers.Select(answer => answer.State.Spent).Order(), answers.Select(answer => answer.State.Spent));
        }
    }
}
