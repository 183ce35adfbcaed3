using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Admin;

/// <summary>A document that is tried beside the one that decides, the same in memory and on Redis.</summary>
public abstract class CandidateTests : OwnServerTests
{
    private const string Ten = "defaultPlan: a\nplans: { a: { limits: { per-key: { rate: 10/h, burst: 1x } } } }\n";

    private static string Of(int tokens, string more = "") => $"defaultPlan: a\nplans: {{ a: {{ limits: {{ per-key: {{ rate: {tokens}/h, burst: 1x }}{more} }} }} }}\n";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Assert.Equal(200, (await Http.PutPoliciesAsync(Ten)).Status);
    }

    private protected Task<Answer> PutAsync(string yaml, string? ifMatch = null) => Http.AdminAsync(HttpMethod.Put, "/admin/candidate", yaml, "application/yaml", ifMatch: ifMatch);

    private protected Task<Answer> GetAsync() => Http.AdminAsync(HttpMethod.Get, "/admin/candidate");

    /// <summary>Trials end after the answers that they follow.</summary>
    private protected async Task<Answer> ReportOfAsync(long decisions)
    {
        var report = await GetAsync();
        await Until.TrueAsync(
            async () => (report = await GetAsync()) is { Status: 200 } && report.Number("decisions") + report.Number("skipped") >= decisions,
            () => report.Body);
        Assert.Equal((decisions, 0), (report.Number("decisions"), report.Number("skipped")));
        return report;
    }

    private static string Limits(Answer report) => string.Join(", ", report.Json.GetProperty("limits").EnumerateArray()
        .Select(limit => $"{limit.GetProperty("name").GetString()} {limit.GetProperty("stricter").GetInt64()} {limit.GetProperty("laxer").GetInt64()}"));

    [Fact]
    public async Task A_stricter_candidate_changes_no_answer_and_what_it_would_refuse_is_counted()
    {
        var put = await PutAsync(Of(3, ", search: { when: { route: /s }, rate: 0/s }"));
        Assert.Equal(200, put.Status);
        for (int i = 1; i <= 5; i++)
            Assert.Equal((200, 10 - i), await StatusAndLeft("k"));
        await Http.PostAsync("/v1/take", """{"key":"other","attributes":{"route":"/s"}}""");
        var report = await ReportOfAsync(6);
        Assert.Equal((3, 0, "per-key 2 0, search 1 0"), (report.Number("stricter"), report.Number("laxer"), Limits(report)));
        Assert.Equal(put.Header("ETag"), report.Header("ETag"));
        var first = report.Json.GetProperty("keys")[0];
        Assert.Equal(("k", "default", "per-key", true, 2L), (first.GetProperty("key").GetString(), first.GetProperty("tenant").GetString(), first.GetProperty("limit").GetString(), first.GetProperty("stricter").GetBoolean(), first.GetProperty("count").GetInt64()));
    }

    [Fact]
    public async Task A_laxer_candidate_would_allow_what_is_refused()
    {
        await PutAsync(Of(12));
        for (int i = 0; i < 13; i++)
            Assert.Equal(i < 10 ? 200 : 429, (await Http.TakeAsync("k")).Status);
        var report = await ReportOfAsync(13);
        Assert.Equal((0, 2, "per-key 0 2"), (report.Number("stricter"), report.Number("laxer"), Limits(report)));
    }

    [Fact]
    public async Task What_is_settled_refunded_or_asked_twice_is_so_for_the_candidate_too()
    {
        await PutAsync(Of(10));
        var reserved = await Http.PostAsync("/v1/reservations", """{"key":"k","cost":8}""");
        await ReportOfAsync(1);
        await Http.PostAsync($"/v1/reservations/{reserved.Text("id")}/commit", """{"cost":3}""");
        await Http.PostAsync("/v1/refund", """{"key":"k","cost":1}""");
        for (int i = 0; i < 3; i++)
            Assert.Equal(200, (await Http.PostOnceAsync("/v1/take", """{"key":"k","cost":2}""", "once")).Status);
        // 8 - 5 - 1 + 2 are spent; had the candidate missed any of it, it would now refuse, or not.
        Assert.Equal((200, 0), await StatusAndLeft("k", 6));
        Assert.Equal(429, (await Http.TakeAsync("k")).Status);
        var report = await ReportOfAsync(4);
        Assert.Equal((0, 0), (report.Number("stricter"), report.Number("laxer")));
    }

    [Fact]
    public async Task A_check_and_a_blocked_key_are_not_tried()
    {
        await PutAsync(Of(1));
        await Http.AdminAsync(HttpMethod.Post, "/admin/block", """{"key":"b","reason":"r"}""");
        await Http.TakeAsync("b");
        await Http.RemainingAsync("k");
        await Http.TakeAsync("k");
        await ReportOfAsync(1);
    }

    [Fact]
    public async Task A_candidate_is_promoted_as_it_was_looked_at_and_spent_stays_spent()
    {
        (await Http.AdminAsync(HttpMethod.Post, "/admin/candidate:promote")).AssertProblem(404);
        string old = (await PutAsync(Of(30))).Header("ETag")!;
        string seen = (await PutAsync(Of(20))).Header("ETag")!;
        await Http.TakeAsync("k", 4);
        (await Http.AdminAsync(HttpMethod.Post, "/admin/candidate:promote", ifMatch: old)).AssertProblem(412);
        (await Http.AdminAsync(HttpMethod.Post, "/admin/candidate:promote", ifMatch: "x")).AssertProblem(400);
        Assert.Equal(6, await Http.RemainingAsync("k"));
        Assert.Equal(200, (await Http.AdminAsync(HttpMethod.Post, "/admin/candidate:promote", ifMatch: seen)).Status);
        Assert.Equal((16, Of(20)), (await Http.RemainingAsync("k"), (await Http.AdminAsync(HttpMethod.Get, "/admin/policies")).Body));
        (await GetAsync()).AssertProblem(404);
    }

    [Fact]
    public async Task A_dropped_candidate_is_gone_and_another_begins_to_count_anew()
    {
        (await Http.AdminAsync(HttpMethod.Delete, "/admin/candidate")).AssertProblem(404);
        await PutAsync(Of(1));
        await Http.TakeAsync("k", 2);
        await ReportOfAsync(1);
        await PutAsync(Of(10));
        Assert.Equal(0, (await GetAsync()).Number("decisions"));
        Assert.Equal(200, (await Http.AdminAsync(HttpMethod.Delete, "/admin/candidate")).Status);
        (await GetAsync()).AssertProblem(404);
        Assert.Equal(200, (await Http.TakeAsync("k")).Status);
    }

    [Fact]
    public async Task L12_a_bad_candidate_is_told_all_that_is_wrong_and_changes_nothing()
    {
        await PutAsync(Of(10));
        await Http.PutTenantAsync("acme", """{"plan":"a"}""");
        foreach (var (yaml, paths) in new[] { ("defaultPlan: b\nplans: { a: { limits: { x: { rate: 1 } } } }\n", "defaultPlan, plans.a.limits.x.rate"), ("defaultPlan: b\nplans: { b: {} }\n", "tenants.acme.plan") })
        {
            var answer = await PutAsync(yaml);
            answer.AssertProblem(400);
            Assert.Equal(paths, string.Join(", ", answer.Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("path").GetString())));
        }

        Assert.Equal(Of(10), (await GetAsync()).Text("document"));
    }

    [Fact]
    public async Task A_tenants_change_holds_for_the_candidate_too()
    {
        await PutAsync(Of(5));
        await Http.PutTenantAsync("acme", """{"limits":{"per-key":{"rate":"2/h"}}}""");
        for (int i = 0; i < 3; i++)
            Assert.Equal(i < 2 ? 200 : 429, (await Http.TakeAsync("k", 1, "acme")).Status);
        var report = await ReportOfAsync(3);
        Assert.Equal((0, 0), (report.Number("stricter"), report.Number("laxer")));
    }

    private async Task<(int, long)> StatusAndLeft(string key, long cost = 1)
    {
        var answer = await Http.TakeAsync(key, cost);
        return (answer.Status, answer.Number("remaining"));
    }
}

public sealed class CandidateInMemory : CandidateTests
{
    private protected override async Task<IOwnServer> StartAsync() => await ServerInMemory.StartAsync(AdminCalls.Setting);
}

public sealed class CandidateOnRedis : CandidateTests
{
    private ServerOnRedis _server = null!;

    private protected override async Task<IOwnServer> StartAsync() => _server = await ServerOnRedis.StartAsync(AdminCalls.Setting);

    [Fact]
    public async Task A_candidate_costs_one_more_script_call_at_most_and_has_keys_of_its_own()
    {
        await PutAsync("defaultPlan: a\nplans: { a: { limits: { x: { rate: 9/h }, y: { by: [], rate: 9/h } } } }\n");
        await Http.TakeAsync("warm");
        await ReportOfAsync(1);
        await _server.Redis.CommandAsync("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "10000");
        await _server.Redis.CommandAsync("SLOWLOG", "RESET");
        for (int i = 0; i < 10; i++)
            await Http.TakeAsync("k");
        await ReportOfAsync(11);
        string log = await _server.Redis.CommandAsync("SLOWLOG", "GET", "10000");
        // Heartbeats and live data are scripts too, of other keys.
        int calls = log.Split("EVALSHA\n").Skip(1).Count(call => call.Contains("{default}", StringComparison.Ordinal));
        Assert.InRange(calls, 11, 20);
        Assert.Equal("1", await _server.Redis.CommandAsync("EXISTS", "weir:candidate:{default}:x:k"));
    }

    [Fact]
    public async Task L6_a_candidate_hurts_nobody_when_Redis_goes_and_is_tried_again_when_it_is_back()
    {
        await PutAsync("defaultPlan: a\nplans: { a: { limits: { per-key: { rate: 1/h } } } }\n");
        await Http.TakeAsync("k");
        await ReportOfAsync(1);
        await _server.BreakAsync();
        for (int i = 0; i < 20; i++)
            Assert.Equal(200, (await Http.TakeAsync(Fresh.Key())).Status);
        await _server.Redis.RestartAsync();
        await _server.UntilRedisDecidesAsync();
        long before = (await GetAsync()).Number("decisions");
        await Until.TrueAsync(
            async () =>
            {
                await Http.TakeAsync(Fresh.Key());
                return (await GetAsync()).Number("decisions") > before;
            },
            () => "it is not tried again");
    }

    [Fact]
    public async Task Every_instance_tries_the_candidate()
    {
        await PutAsync("defaultPlan: a\nplans: { a: { limits: { per-key: { rate: 3/h, burst: 1x } } } }\n");
        await using var second = await _server.StartAnotherAsync(AdminCalls.Setting);
        for (int i = 0; i < 4; i++)
            await (i % 2 == 0 ? Http : second.Http).TakeAsync("k");
        await Until.TrueAsync(
            async () => (await second.Http.AdminAsync(HttpMethod.Get, "/admin/candidate")).Number("stricter") + (await GetAsync()).Number("stricter") == 1,
            () => "the two do not share the candidate's buckets");
    }
}
