using Weir.Server.Tests.Harness;
using Weir.Server.Tests.Paths;
using Weir.Testing;

namespace Weir.Server.Tests.Outages;

/// <summary>A node of a cluster that is away is named where an operator looks.</summary>
public sealed class ShardOutageTests
{
    [Fact]
    public async Task Log_readiness_and_metrics_name_the_node_that_does_not_answer_while_others_decide()
    {
        await using var cluster = await RedisCluster.StartAsync();
        using var policies = new PolicyFile();
        using var server = await ServerProcess.StartAsync([policies.Setting, .. ServerOnRedis.Settings(cluster.Endpoints)]);
        var (away, _) = await cluster.ShardOfAsync(1);
        string[] others = [(await cluster.ShardOfAsync(8_000)).Master.Server.Endpoint, (await cluster.ShardOfAsync(16_000)).Master.Server.Endpoint];
        await TakeUntilAsync(server, answers => answers.TrueForAll(answer => answer == "redis"));
        await MetricsTests.ReadUntilAsync(server, metrics => others.Append(away.Server.Endpoint).All(node => metrics[Series(node)] == 0));

        away.Server.Pause();
        try
        {
            await TakeUntilAsync(server, answers => answers.Contains("memory") && answers.Contains("redis"));
            await Until.TrueAsync(async () => (await server.Http.GetAsync("/readyz")).Flag("degraded"), () => "not noticed");
            var ready = await server.Http.GetAsync("/readyz");
            Assert.Equal(("redis", away.Server.Endpoint), (ready.Text("source"), ready.Json.GetProperty("outages")[0].GetProperty("shard").GetString()));
            Assert.Equal(1, ready.Json.GetProperty("outages").GetArrayLength());
            await MetricsTests.ReadUntilAsync(
                server, metrics => metrics[Series(away.Server.Endpoint)] is 1 or 2 && others.All(node => metrics[Series(node)] == 0));
            Assert.Contains($"Redis at {away.Server.Endpoint} does not answer (late): deciding from memory until it does", server.Output, StringComparison.Ordinal);
        }
        finally
        {
            away.Server.Resume();
        }

        await TakeUntilAsync(server, answers => answers.TrueForAll(answer => answer == "redis"));
        await MetricsTests.ReadUntilAsync(server, metrics => metrics[Series(away.Server.Endpoint)] == 0);
        await Until.TrueAsync(
            () => server.Output.Contains($"Redis at {away.Server.Endpoint} answers again after ", StringComparison.Ordinal), () => server.Output);
    }

    private static string Series(string node) => $"weir_breaker_state{{shard=\"{node}\"}}";

    /// <summary>Takes of tenants at all nodes.</summary>
    private static Task TakeUntilAsync(ServerProcess server, Predicate<List<string>> isDone)
    {
        var answers = new List<string>();
        return Until.TrueAsync(
            async () =>
            {
                answers.Clear();
                for (int i = 0; i < 12; i++)
                    answers.Add((await server.Http.PostAsync("/v1/take", $$"""{"tenant":"t{{i}}","key":"{{Fresh.Key()}}"}""")).Text("source"));
                return isDone(answers);
            },
            () => string.Join(' ', answers));
    }
}
