using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Outages;

/// <summary>The plans' own words on outages: the tenant <c>open</c> allows in one, the tenant <c>shut</c> denies.</summary>
public sealed class OnOutageTests
{
    private const string ReducedCapacity = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";

    [Fact]
    public async Task Allow_lets_everything_through_for_as_long_as_it_lasts()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        string key = Fresh.Key();
        await weir.BreakAsync();

        for (int i = 0; i < 15; i++)
        {
            var taken = await weir.Http.TakeAsync(key, 1, "open");
            Assert.Equal((200, true, "memory", true), (taken.Status, taken.Flag("allowed"), taken.Text("source"), taken.Flag("degraded")));
            Assert.Equal(10, taken.Number("remaining"));
        }

        var incremented = await weir.Http.PostAsync("/limit/incr", $$"""{"key":"{{key}}"}""", "open");
        Assert.Equal("""{"allowed":true,"remaining":10,"resetAtMs":0,"source":"memory"}""", incremented.Body);
    }

    [Fact]
    public async Task Deny_answers_503_everywhere_and_never_says_that_a_quota_was_exceeded()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        await weir.BreakAsync();

        foreach (string path in (string[])["/limit/incr", "/v1/take", "/v1/check"])
            AssertReduced(await weir.Http.PostAsync(path, $$"""{"key":"{{Fresh.Key()}}"}""", "shut"));
        AssertReduced(await weir.Http.GetAsync($"/limit/check?key={Fresh.Key()}", "shut"));
    }

    [Fact]
    public async Task A_request_without_a_dimension_is_answered_in_an_outage_as_it_is_without_one()
    {
        await using var weir = await ServerOnRedis.StartAsync(AdminCalls.Setting);
        await weir.Http.PutPoliciesAsync("""
            defaultPlan: a
            plans:
              a: { limits: { per-ip: { by: [ip], rate: 3/d, burst: 1x, missing: together }, skipped: { by: [region], rate: 1/d } } }
              strict: { onOutage: deny, limits: { per-ip: { by: [ip], rate: 5/d, missing: deny } } }
            tenants: { strict: { plan: strict } }
            """);
        Assert.Equal((200, "redis"), (await weir.Http.TakeAsync("k") is var taken ? taken.Status : 0, taken.Text("source")));
        weir.Redis.Kill();

        for (int i = 0; i < 2; i++)
        {
            taken = await weir.Http.TakeAsync($"k{i}");
            Assert.Equal((200, "memory", "skipped"), (taken.Status, taken.Text("source"), taken.Json.GetProperty("skipped")[0].GetString()));
        }

        (await weir.Http.TakeAsync("other")).AssertProblem(429);
        Assert.Equal("missing-dimension", (await weir.Http.TakeAsync("k", 1, "strict")).Text("outcome"));
    }

    [Fact]
    public async Task In_a_batch_a_denied_request_says_when_to_come_back_and_the_others_are_decided()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        await weir.BreakAsync();

        var answer = await weir.Http.PostAsync("/v1/batch", """{"requests":[{"key":"k","tenant":"shut"},{"key":"k","tenant":"slow"},{"key":"k","tenant":"open"}]}""");

        Assert.Equal(200, answer.Status);
        var decisions = answer.Json.GetProperty("decisions").EnumerateArray().ToList();
        Assert.Equal([false, true, true], decisions.Select(decision => decision.GetProperty("allowed").GetBoolean()));
        Assert.Equal([1000, 0, 0], decisions.Select(decision => decision.GetProperty("retryAfterMs").GetInt64()));
        Assert.All(decisions, decision => Assert.True(decision.GetProperty("degraded").GetBoolean()));
    }

    [Fact]
    public async Task With_Redis_these_plans_decide_as_all_others()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        foreach (string tenant in (string[])["open", "shut"])
        {
            string key = Fresh.Key();
            Assert.Equal(200, (await weir.Http.TakeAsync(key, 10, tenant)).Status);
            Assert.Equal(429, (await weir.Http.TakeAsync(key, 1, tenant)).Status);
        }
    }

    private static void AssertReduced(Answer answer)
    {
        answer.AssertProblem(503);
        Assert.Equal(ReducedCapacity, answer.Text("type"));
        Assert.Equal("1", answer.Header("Retry-After"));
        Assert.Null(answer.Header("RateLimit"));
    }
}
