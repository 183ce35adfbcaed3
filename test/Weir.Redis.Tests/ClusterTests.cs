using System.Text;
using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>On a cluster a call speaks to one slot only. Nobody says beforehand that there is a cluster.</summary>
public sealed class ClusterTests
{
    private const int Crowd = 1_000;

    /// <summary>A node that does not know its own address is taken for no cluster by the client.</summary>
    [Theory]
    [InlineData]
    [InlineData("--cluster-announce-ip", "")]
    public async Task A_crowd_of_many_keys_is_decided_by_Redis(params string[] arguments)
    {
        await using var server = await OneNodeCluster.StartAsync(arguments);
        await using var store = await OpenAsync(server);

        await AssertDecidesForACrowdAsync(store);
        await AssertDecidesForACrowdAsync(store);
    }

    [Fact]
    public async Task A_Redis_that_becomes_a_cluster_goes_on_deciding()
    {
        await using var server = await TestRedis.StartProcessAsync();
        await using var store = await OpenAsync(server);
        await AssertDecidesForACrowdAsync(store);

        await using var cluster = await OneNodeCluster.MakeOfAsync(server);
        while ((await store.TakeAsync(Some.Request(), TestContext.Current.CancellationToken)).Fault != StoreFault.None)
            await Task.Delay(20, TestContext.Current.CancellationToken);

        await AssertDecidesForACrowdAsync(store);
    }

    [Fact]
    public async Task The_slot_of_a_key_is_what_Redis_says_it_is()
    {
        await using var server = await OneNodeCluster.StartAsync();

        foreach (string key in new[] { "", "key", "weir:{default:user_1}:per-key", "a{}b", "a{b", "a}b{c}", "{{a}}", "123456789" })
            Assert.Equal(await server.CommandAsync("CLUSTER", "KEYSLOT", key), $"{RedisSlot.Of(Encoding.UTF8.GetBytes(key))}");
    }

    private static async Task<RedisStore> OpenAsync(ITestRedis server)
    {
        var store = new RedisStore(new RedisOptions { Endpoints = server.Endpoint, Deadline = Until.Patience }, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        return store;
    }

    private static async Task AssertDecidesForACrowdAsync(RedisStore store)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, Crowd).Select(i => store.TakeAsync(Some.Request($"key{i}")).AsTask()));

        int failed = answers.Count(answer => answer.Fault != StoreFault.None);
        Assert.True(failed == 0, $"{failed} of {Crowd} were not decided: {store.LastError}");
    }
}
