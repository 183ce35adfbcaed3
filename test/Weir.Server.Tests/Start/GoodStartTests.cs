using System.Diagnostics;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Start;

public sealed class GoodStartTests
{
    private static readonly TimeSpan SomeSeconds = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task The_console_says_what_it_runs_on_and_what_to_try()
    {
        using var server = await ServerProcess.StartAsync("Weir:Redis:Endpoints=");

        Assert.Contains($"version   {ProductVersion.Text}\n", server.Output, StringComparison.Ordinal);
        Assert.Contains("store     memory, embedded, for 4,096 keys", server.Output, StringComparison.Ordinal);
        Assert.Contains("policies  the policies.yaml that ships: 2 plans, 0 tenants, free for all others", server.Output, StringComparison.Ordinal);
        Assert.Contains("/limit/incr -H 'Content-Type: application/json' -d '{\"key\":\"user_123\"}'", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_line_of_the_log_and_a_metric_have_the_version()
    {
        using var server = await ServerProcess.StartAsync("Weir:Redis:Endpoints=127.0.0.1:1");

        // The console writes the log on a thread of its own, and the greeting may come before it.
        string[] log = [];
        await Until.TrueAsync(
            () =>
            {
                log = [.. server.Output.Split('\n')
                    .Where(line => line.Contains(" info: ", StringComparison.Ordinal)
                        || line.Contains(" warn: ", StringComparison.Ordinal))];
                return log.Length >= 2;
            },
            () => server.Output);
        Assert.Contains($"Weir {ProductVersion.Text} starts", log[0], StringComparison.Ordinal);
        Assert.Contains("Redis does not answer", log[1], StringComparison.Ordinal);
        Assert.Equal(1,
            (await Metrics.ReadAsync(server.Http))[$"weir_build_info{{version=\"{ProductVersion.Text}\"}}"]);
        Assert.Matches(@"^\d+\.\d+\.\d+", ProductVersion.Text);
    }

    [Fact]
    public async Task A_snapshot_that_Redis_makes_needless_is_said_to_be()
    {
        await using var redis = await TestRedis.StartAsync();
        using var server = await ServerProcess.StartAsync([.. ServerOnRedis.Settings(redis.Endpoint), "Weir:Memory:SnapshotPath=/nobody-writes-this"]);

        Assert.Contains("Weir:Memory:SnapshotPath is not used: buckets are in Redis", server.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task L6_A_server_starts_without_Redis_and_uses_it_when_it_comes()
    {
        await using var redis = await TestRedis.StartProcessAsync();
        redis.Kill();
        var waited = Stopwatch.StartNew();
        await using var server = await RunningServer.StartAsync(ServerOnRedis.Settings(redis.Endpoint));
        Assert.True(waited.Elapsed < SomeSeconds, $"It took {waited.Elapsed} to start.");

        await AssertMemoryDecides(server);

        await redis.RestartAsync();
        string last = "";
        await Until.TrueAsync(
            async () => (last = (await server.Http.TakeAsync(Fresh.Key())).Text("source")) == "redis", () => last);
    }

    [Fact]
    public async Task L6_A_server_starts_when_something_else_answers_at_the_port_of_Redis()
    {
        await using var other = await RunningServer.StartAsync();
        await using var server = await RunningServer.StartAsync(ServerOnRedis.Settings(other.Address.Authority));

        await AssertMemoryDecides(server);
    }

    [Fact]
    public async Task L6_A_wrong_password_is_an_outage_and_no_password_is_ever_shown()
    {
        await using var redis = await TestRedis.StartProcessAsync("--requirepass", "geheim-right");
        using var right = await ServerProcess.StartAsync([.. ServerOnRedis.Settings(redis.Endpoint), "Weir:Redis:Password=geheim-right"]);
        using var wrong = await ServerProcess.StartAsync([.. ServerOnRedis.Settings(redis.Endpoint + ",password=geheim@://wrong")]);

        Assert.Equal("redis", (await right.Http.TakeAsync("k")).Text("source"));
        Assert.Equal("memory", (await wrong.Http.TakeAsync("k")).Text("source"));
        Assert.Equal(200, (await wrong.Http.GetAsync("/readyz")).Status);
        Assert.Contains($"store     Redis at {redis.Endpoint}", right.Output, StringComparison.Ordinal);
        Assert.Contains($"store     Redis at {redis.Endpoint}, which does not answer yet", wrong.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", right.Output + wrong.Output, StringComparison.Ordinal);
    }

    private static async Task AssertMemoryDecides(RunningServer server)
    {
        var taken = await server.Http.TakeAsync(Fresh.Key());
        Assert.Equal((200, "memory", true), (taken.Status, taken.Text("source"), taken.Flag("degraded")));
        Assert.True((await server.Http.GetAsync("/readyz")).Flag("degraded"));
        Assert.Equal(1, server.Log.Count("Redis does not answer ("));
    }
}
