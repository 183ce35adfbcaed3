using Weir.Server.Tests.Harness;
using Weir.Server.Tests.Paths;
using Weir.Testing;

namespace Weir.Server.Tests.Outages;

/// <summary>What is wrong with a Redis that decides all the same is told in three places.</summary>
public sealed class RedisProblemTests
{
    [Fact]
    public async Task A_problem_is_in_the_log_in_readiness_and_in_the_metrics_until_it_is_gone()
    {
        await using var redis = await TestRedis.StartProcessAsync("--maxmemory-policy", "allkeys-lru");
        await using var server = await RunningServer.StartAsync(ServerOnRedis.Settings(redis.Endpoint));
        const string Text = "its maxmemory-policy is allkeys-lru, which forgets what was spent: set maxmemory-policy noeviction";

        await Until.TrueAsync(() => server.Log.Count(Text) > 0, () => "no line in the log");
        Assert.Equal(1, server.Log.Count($"Redis at {redis.Endpoint}: {Text}"));
        var problem = (await server.Http.GetAsync("/readyz")).Json.GetProperty("problems")[0];
        Assert.Equal(
            (redis.Endpoint, "eviction", Text),
            (problem.GetProperty("node").GetString(), problem.GetProperty("kind").GetString(), problem.GetProperty("text").GetString()));

        await redis.CommandAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await redis.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
        await Until.TrueAsync(
            async () =>
            {
                await server.Http.TakeAsync(Fresh.Key());
                return !(await server.Http.GetAsync("/readyz")).Body.Contains("problems", StringComparison.Ordinal);
            },
            () => "the problem is there still");
        Assert.Equal(1, server.Log.Count($"Redis at {redis.Endpoint}: its problem with eviction is solved"));
    }

    [Fact]
    public async Task A_problem_is_a_series_that_is_1_until_it_is_gone()
    {
        await using var redis = await TestRedis.StartProcessAsync("--maxmemory-policy", "volatile-lru");
        using var server = await ServerProcess.StartAsync(ServerOnRedis.Settings(redis.Endpoint));
        string series = $"weir_redis_problems{{node=\"{redis.Endpoint}\",problem=\"eviction\"}}";

        await MetricsTests.ReadUntilAsync(server, metrics => metrics[series] == 1);

        await redis.CommandAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await redis.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
        await server.Http.TakeAsync(Fresh.Key());
        await MetricsTests.ReadUntilAsync(server, metrics => metrics[series] == 0);
    }
}
