using Microsoft.Extensions.Logging;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Outages;

/// <summary>Redis is killed under the server and comes back.</summary>
public sealed class OutageTests
{
    private const string Entering = "Redis does not answer (";
    private const string Leaving = "Redis answers again after ";

    [Fact]
    public async Task L6_Without_Redis_memory_decides_and_says_so()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        weir.Redis.Kill();
        string key = Fresh.Key();

        // The first of these may be the one that finds Redis gone.
        for (int i = 0; i < 10; i++)
        {
            var taken = await weir.Http.TakeAsync(key, 1, "slow");
            Assert.Equal((200, "memory", true), (taken.Status, taken.Text("source"), taken.Flag("degraded")));
            Assert.Equal(9 - i, taken.Number("remaining"));
        }

        var refused = await weir.Http.TakeAsync(key, 1, "slow");
        refused.AssertProblem(429);
        Assert.Equal(("memory", true), (refused.Text("source"), refused.Flag("degraded")));
        Assert.Equal("memory", (await weir.Http.PostAsync("/limit/incr", $$"""{"key":"{{Fresh.Key()}}"}""")).Text("source"));
        Assert.Equal("memory", (await weir.Http.GetAsync($"/limit/check?key={Fresh.Key()}")).Text("source"));
    }

    [Fact]
    public async Task Readiness_stays_200_in_an_outage_and_says_how_it_decides()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        var before = DateTimeOffset.UtcNow;
        await weir.BreakAsync();

        var ready = await weir.Http.GetAsync("/readyz");

        Assert.Equal(200, ready.Status);
        Assert.Equal(("ready", "redis", "memory", true), (ready.Text("status"), ready.Text("store"), ready.Text("source"), ready.Flag("degraded")));
        Assert.Contains(ready.Text("breaker"), (string[])["open", "half-open"]);
        var outage = ready.Json.GetProperty("outage");
        Assert.Equal("unreachable", outage.GetProperty("fault").GetString());
        Assert.InRange(outage.GetProperty("since").GetDateTimeOffset(), before, DateTimeOffset.UtcNow);
        Assert.Equal("""{"status":"live"}""", (await weir.Http.GetAsync("/livez")).Body);
    }

    [Fact]
    public async Task Redis_decides_again_within_two_seconds_of_coming_back()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        await weir.BreakAsync();

        await weir.Redis.RestartAsync();

        await weir.UntilRedisDecidesAsync();
        Assert.Equal(
            """{"status":"ready","store":"redis","source":"redis","degraded":false,"breaker":"closed","policyFile":{"inForce":true}}""",
            (await weir.Http.GetAsync("/readyz")).Body);
    }

    [Fact]
    public async Task A_damaged_bucket_is_decided_from_memory_and_told_of_once()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        await weir.Redis.CommandAsync("SET", "weir:{default}:per-key:odd", "no bucket");

        for (int i = 0; i < 3; i++)
            Assert.Equal("memory", (await weir.Http.TakeAsync("odd")).Text("source"));

        Assert.Equal("redis", (await weir.Http.TakeAsync(Fresh.Key())).Text("source"));
        Assert.Equal(1, weir.Server.Log.Count("no bucket under the key of one"));
        Assert.Equal(1, weir.Server.Log.Count("weir_store_faults_total counts them as fault=\"damaged\""));
    }

    [Fact]
    public async Task A_Redis_that_was_never_there_is_unreachable_from_the_start()
    {
        await using var server = await RunningServer.StartAsync($"Weir:Redis:Endpoints=127.0.0.1:{FreePort.Next()}");

        var ready = await server.Http.GetAsync("/readyz");

        Assert.Equal("unreachable", ready.Json.GetProperty("outage").GetProperty("fault").GetString());
        Assert.Equal(1, server.Log.Count("Redis does not answer (unreachable"));
    }

    [Fact]
    public async Task Who_administrates_while_Redis_is_away_is_told_of_the_change_and_not_of_takes()
    {
        await using var weir = await ServerOnRedis.StartAsync(AdminCalls.Setting);
        weir.Redis.Kill();

        foreach (var (method, path, body) in ((HttpMethod, string, string?)[])
            [
                (HttpMethod.Put, "/admin/tenants/acme", """{"plan":"slow"}"""), (HttpMethod.Post, "/admin/block", """{"key":"k","reason":"r"}"""),
                (HttpMethod.Post, "/admin/keys", """{"scope":"take"}"""),
            ])
        {
            var refused = await weir.Http.AdminAsync(method, path, body);
            refused.AssertProblem(503);
            Assert.Equal("the change is not known to be made, since the store does not answer: when it does, see whether it holds, and if not send it again", refused.Text("detail"));
        }

        (await weir.Http.AdminAsync(HttpMethod.Post, "/admin/policies:rollback", """{"version":1}""")).AssertProblem(503);
        var audit = await weir.Http.AdminAsync(HttpMethod.Get, "/admin/audit");
        audit.AssertProblem(503);
        Assert.Equal("this is read from the store, which does not answer: try again when it does", audit.Text("detail"));
    }

    [Fact]
    public async Task Entering_and_leaving_an_outage_are_logged_once_each_whatever_happens_between()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        Assert.Equal(0, weir.Server.Log.Count(Entering));
        await weir.BreakAsync();
        for (int i = 0; i < 100; i++)
            await weir.Http.TakeAsync(Fresh.Key());

        await weir.Redis.RestartAsync();
        await weir.UntilRedisDecidesAsync();

        await Until.TrueAsync(() => weir.Server.Log.Count(Leaving) > 0, () => "no line about the end");
        Assert.Equal((1, 1), (weir.Server.Log.Count(Entering), weir.Server.Log.Count(Leaving)));
        // Redis came back without live data, which may have been noticed by now.
        const string Lost = "Redis had lost live data (there is none)";
        var warnings = weir.Server.Log.AtLeast(LogLevel.Warning).Where(line => line.Contains("Redis", StringComparison.Ordinal)).ToList();
        Assert.InRange(warnings.RemoveAll(line => line.StartsWith(Lost, StringComparison.Ordinal)), 0, 1);
        Assert.Single(warnings);
    }

    [Fact]
    public async Task A_hanging_Redis_is_an_outage_like_any_other()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        weir.Redis.Pause();

        var taken = await weir.Http.TakeAsync(Fresh.Key(), 1, "slow");

        Assert.Equal((200, "memory", true), (taken.Status, taken.Text("source"), taken.Flag("degraded")));
        await weir.UntilDegradedAsync();
        Assert.Equal("late", (await weir.Http.GetAsync("/readyz")).Json.GetProperty("outage").GetProperty("fault").GetString());
        weir.Redis.Resume();
        await weir.UntilRedisDecidesAsync();
    }

    [Fact]
    public async Task The_line_about_an_outage_says_what_Redis_said()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        await weir.Redis.CommandAsync("CONFIG", "SET", "maxmemory", "1");

        await weir.UntilDegradedAsync();

        Assert.Equal(1, weir.Server.Log.Count("Redis does not answer (refusing: OOM command not allowed"));
        await weir.Redis.CommandAsync("CONFIG", "SET", "maxmemory", "0");
        await weir.UntilRedisDecidesAsync();
    }
}
